"""The citizens' search page: words lead to things, questions to quotations, and nothing found to a way on."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from content.disclosure.record import Validity
from tests.integration.test_words_desk import alias, publish, sign
from tests.support.signers import document, item
from tests.support.zone import Zone, open_zone

ITEM = replace(
    item("T000000001", "最低生活保障审核确认", aliases=("低保",)),
    materials=("居民户口簿", "居民身份证"),
    phone="0900-5551234",
)
NOTICE = document()


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone") as opened:
        await opened.staff()
        for record in (ITEM, item("T000000002", "生育登记服务", aliases=()), NOTICE):
            await publish(opened, record)
        yield opened


async def ask(zone: Zone, query: str) -> str:
    answer = await zone.client.get("/s", params={"q": query})
    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers
    return await answer.text()


def flat(html: str) -> str:
    return html.replace("<mark>", "").replace("</mark>", "")


async def test_a_word_leads_to_item_and_document_without_login_or_script(zone: Zone) -> None:
    html = flat(await ask(zone, "低保"))

    assert "最低生活保障审核确认" in html
    assert "关于提高城乡居民最低生活保障标准的通知" in html
    assert "<script" not in html


async def test_a_question_is_answered_with_a_quotation_and_its_source(zone: Zone) -> None:
    html = flat(await ask(zone, "农村低保标准提高到每人每月多少元"))

    quote = html.split('class="quote"')[1].split("</blockquote>")[0]
    assert "农村低保标准提高到每人每月560元" in quote
    assert "示范县人民政府办公室" in quote
    assert f"/d/{NOTICE.id}" in quote


async def test_a_question_about_a_service_is_answered_out_of_its_guide(zone: Zone) -> None:
    html = flat(await ask(zone, "办低保要带什么材料"))

    assert "居民户口簿\n居民身份证" in html.split('class="quote"')[1]


async def test_what_the_guide_leaves_out_is_said_with_the_telephone(zone: Zone) -> None:
    html = await ask(zone, "办低保收费吗")

    assert "没有写明这一点" in html
    assert "tel:09005551234" in html


async def test_a_question_that_nothing_answers_is_not_guessed(zone: Zone) -> None:
    html = await ask(zone, "骆驼驯养有什么奖励吗")

    assert "没有找到能回答这个问题的原文" in html
    assert 'class="quote"' not in html


async def test_a_wrong_character_asks_whether_another_was_meant(zone: Zone) -> None:
    html = await ask(zone, "生玉登记")

    assert "您是不是要找：生育登记" in html


async def test_names_of_the_desk_work_once_they_are_signed(zone: Zone) -> None:
    before = await ask(zone, "娃娃本")
    await alias(zone, "娃娃本")
    await sign(zone)
    zone.client.session.cookie_jar.clear()

    after = flat(await ask(zone, "娃娃本"))

    assert "没有找到“娃娃本”" in before
    assert "生育登记服务" in after
    assert "俗称" in after


async def test_an_item_has_a_page_of_its_own(zone: Zone) -> None:
    html = await (await zone.client.get(f"/d/{ITEM.id}")).text()

    assert "居民户口簿" in html
    assert "指南中没有写明" in html


HOSTILE = (
    "",
    " ",
    "<script>alert(1)</script>",
    '" OR 1=1 --',
    "＊＊",
    "a" * 5000,
    "\x00",
    "NEAR(低保",
    "🐫",
)


async def test_whatever_is_asked_the_page_stands(zone: Zone) -> None:
    for query, shown in [*product(HOSTILE, ("1", "x")), *product(("低保",), ("-1", "9" * 11, "²"))]:
        answer = await zone.client.get("/s", params={"q": query, "p": shown})

        assert answer.status == 200
        assert "<script>alert" not in await answer.text()


async def test_a_zone_without_content_says_so_calmly(tmp_path: Path) -> None:
    async with open_zone(tmp_path / "empty") as empty:
        html = await (await empty.client.get("/s?q=低保")).text()

        assert "没有找到“低保”" in html


async def test_what_is_repealed_says_so_and_is_never_the_answer(tmp_path: Path) -> None:
    async with open_zone(tmp_path / "old") as old:
        await old.staff()
        await publish(old, replace(NOTICE, validity=Validity.REPEALED))

        html = flat(await ask(old, "农村低保标准提高到每人每月多少元"))

    assert "已废止" in html
    assert 'class="quote"' not in html
    assert "没有找到能回答这个问题的原文" in html
