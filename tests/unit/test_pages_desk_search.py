"""The desk's search page: the citizens' order with its reasons, true counts of facets, a way on from nothing."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from content.disclosure.record import Validity
from tests.integration.test_words_desk import alias, publish, sign
from tests.support.signers import document, item
from tests.support.zone import Zone, open_zone
from tests.unit.test_pages_desk import enter
from tests.unit.test_pages_search import HOSTILE, flat

ITEM = replace(
    item("T000000001", "最低生活保障审核确认", aliases=("低保",)),
    materials=("居民户口簿", "居民身份证"),
    phone="0900-5551234",
)
BIRTH = item("T000000002", "生育登记服务", aliases=())
NOTICE = document()
OLD = replace(
    document(),
    id="T000000009",
    title="关于调整城乡居民最低生活保障标准的通知",
    validity=Validity.REPEALED,
)


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone") as opened:
        await opened.staff()
        for record in (ITEM, BIRTH, NOTICE, OLD):
            await publish(opened, record)
        yield opened


async def look(zone: Zone, login: str = "editor", **asked: str) -> str:
    await enter(zone, login)
    answer = await zone.client.get("/desk/search", params=asked)
    assert answer.status == 200
    return flat(await answer.text())


async def test_staff_find_what_citizens_find_and_read_why(zone: Zone) -> None:
    html = await look(zone, q="低保")

    hits = re.findall(r'class="title-link" href="/d/(\w+)"', html)
    public = flat(await (await zone.client.get("/s", params={"q": "低保"})).text())
    assert hits == re.findall(r'class="card hit" href="/d/(\w+)', public)
    assert hits[0] == ITEM.id
    assert "俗称" in html


async def test_a_repealed_document_comes_after_valid_ones_and_says_so(zone: Zone) -> None:
    html = await look(zone, q="城乡居民最低生活保障标准通知")

    hits = re.findall(r'class="title-link" href="/d/(\w+)"', html)
    assert hits.index(OLD.id) > hits.index(NOTICE.id)
    assert "已废止" in html.split(OLD.id)[1].split("</li>")[0]
    assert html.count("已废止") == 1


async def test_each_count_of_a_facet_is_what_choosing_it_shows(zone: Zone) -> None:
    html = await look(zone, q="低保")
    ways = re.findall(
        r'<li><a href="([^"]+)">\s*<span class="grow">[^<]*</span><span class="count">(\d+)', html
    )

    assert ways
    for way, count in ways:
        narrowed = await (await zone.client.get(way.replace("&amp;", "&"))).text()
        assert len(re.findall(r'class="title-link"', narrowed)) == int(count)
        assert 'aria-current="true"' in narrowed


async def test_a_choice_that_leaves_nothing_can_be_let_go(zone: Zone) -> None:
    html = await look(zone, q="低保", department="无此部门")

    assert "这个范围里没有结果" in html
    assert 'class="title-link"' not in html
    assert "不限" in html


async def test_a_question_is_answered_as_at_the_kiosk_or_honestly_not(zone: Zone) -> None:
    found = await look(zone, q="农村低保标准提高到每人每月多少元")
    missing = await look(zone, q="骆驼驯养有什么奖励吗")

    quote = found.split('class="quote"')[1].split("</blockquote>")[0]
    assert "农村低保标准提高到每人每月560元" in quote
    assert NOTICE.title in quote
    assert "示范县人民政府办公室" in quote
    assert "2026年" in quote
    assert "没有找到能回答这个问题的原文" in missing
    assert 'class="quote"' not in missing


async def test_nothing_found_leads_to_a_name_or_to_the_drafts(zone: Zone) -> None:
    html = await look(zone, q="骆驼")

    assert "没有找到“骆驼”" in html
    assert "tab=alias" in html
    assert "/desk/documents?text=" in html


async def test_who_may_not_edit_words_is_not_sent_to_edit_them(zone: Zone) -> None:
    html = await look(zone, "auditor", q="骆驼")

    assert "tab=alias" not in html


async def test_each_region_sees_its_own_words(zone: Zone) -> None:
    await alias(zone, "娃娃本")
    await sign(zone)

    assert BIRTH.title in await look(zone, q="娃娃本", region="519900001")
    answer = await zone.client.get("/desk/search", params={"q": "低保", "region": "110000"})
    assert answer.status == 404


async def test_nobody_searches_at_the_desk_without_signing_in(zone: Zone) -> None:
    answer = await zone.client.get("/desk/search?q=低保", allow_redirects=False)

    assert answer.status == 401


async def test_whatever_is_asked_the_page_stands(zone: Zone) -> None:
    for query in HOSTILE:
        html = await look(zone, q=query, offset="9" * 12, level=query[:9])
        assert "<script>alert" not in html
