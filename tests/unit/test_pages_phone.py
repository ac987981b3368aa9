"""Citizens' pages: the published text and nothing else, no cookies, no scripts, no guessing of codes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from content.canonical import sha256_hex
from content.codes import new_code
from content.disclosure.record import DisclosureRecord
from content.feed.body import body_bytes
from content.feed.statement import Action
from content.requests.form import ApplicantKind, DeliveryWay, RequestForm, SupplyForm
from content.requests.states import RequestState
from controller import keys
from controller.phone import pages as phone
from controller.phone.guessing import TRIES, WINDOW_S
from controller.services.requests import FiledRequest
from tests.support.zone import NOTICE, TestClock, Zone, open_zone

OVERHEAD = 30 * 1024
SECRET_NAME, SECRET_PHONE = "申请人某某", "00000000000"


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def zone(tmp_path: Path, clock: TestClock) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone", clock=clock) as opened:
        await opened.staff()
        yield opened


async def filed(zone: Zone, *, attended: bool = True) -> str:
    code, now = new_code(), zone.app[keys.CLOCK].now()
    form = RequestForm(
        kind=ApplicantKind.PERSON,
        name=SECRET_NAME,
        id_number="000000000000000000",
        phone=SECRET_PHONE,
        body="示范县自然资源局",
        description="征地补偿标准",
        supply=SupplyForm.PAPER,
        delivery=DeliveryWay.PICK_UP,
    )
    request = FiledRequest(code, form, now, attended=attended, terminal="hall-01")
    async with zone.app[keys.DATABASE].write() as c:
        await zone.app[keys.REQUESTS].register(c, request, now)
    return code


async def test_a_document_page_shows_the_whole_published_text(zone: Zone) -> None:
    document = await zone.published()
    record = (await zone.app[keys.PUBLISHING].record(document.id)).record
    assert isinstance(record, DisclosureRecord)

    answer = await zone.client.get(f"/d/{document.id}")
    html = await answer.text()

    assert answer.status == 200
    assert [block.text for block in record.blocks if block.text not in html] == []
    assert record.title in html
    assert "示政办发〔2026〕31号" in html
    assert "2026年11月2日" in html


async def test_a_document_page_is_light_and_needs_no_script_and_no_cookie(zone: Zone) -> None:
    document = await zone.published()

    answer = await zone.client.get(f"/d/{document.id}")
    html = await answer.text()
    css = (phone.HERE / "static" / "phone.css").read_text("utf-8")

    text = sum(len(line.encode()) for line in NOTICE)
    assert len(html.encode()) + len(css.encode()) - text < OVERHEAD
    assert "<script" not in html
    assert "Set-Cookie" not in answer.headers


async def test_a_slip_of_an_older_version_is_told_so(zone: Zone) -> None:
    document = await zone.published()
    drafter, documents = zone.people["drafter"], zone.app[keys.DOCUMENTS]
    await documents.correct(
        drafter,
        document.id,
        seen=document.revision,
        fields=document.fields,
        blocks=document.blocks[:-1],
    )
    changed = await documents.get(drafter, document.id)
    await documents.submit(drafter, document.id, seen=changed.revision)
    await zone.sign("approver", document.id)

    older = await (await zone.client.get(f"/d/{document.id}?v=1")).text()
    newer = await (await zone.client.get(f"/d/{document.id}?v=2")).text()

    assert "您手中的是第 1 版，现在是第 2 版" in older
    assert "您手中的是" not in newer


async def test_a_withdrawn_document_shows_nothing_of_its_text(zone: Zone) -> None:
    document = await zone.published()
    await zone.sign("second", document.id, action=Action.DELETE)

    answer = await zone.client.get(f"/d/{document.id}")
    html = await answer.text()

    assert answer.status == 410
    assert "已撤回" in html
    assert document.fields.title not in html


@pytest.mark.parametrize("path", ["/d/0000000000", "/d/nonsense", "/d/%00", "/d/ZZZZZZZZZZ?v=abc"])
async def test_an_unknown_document_gets_a_calm_page(zone: Zone, path: str) -> None:
    answer = await zone.client.get(path)

    assert answer.status == 404
    assert "没有找到这份文件" in await answer.text()


async def test_a_draft_is_not_public(zone: Zone) -> None:
    document = await zone.submitted()

    assert (await zone.client.get(f"/d/{document.id}")).status == 404


@pytest.mark.parametrize("size", ["1", "3", "9", "<script>"])
async def test_any_text_size_gives_a_page(zone: Zone, size: str) -> None:
    document = await zone.published()

    answer = await zone.client.get(f"/d/{document.id}", params={"size": size})

    assert answer.status == 200
    assert "<script" not in await answer.text()


async def test_a_request_page_shows_its_state_and_no_personal_data(zone: Zone) -> None:
    code = await filed(zone)

    answer = await zone.client.get(f"/r/{code.lower()}")
    html = await answer.text()

    assert "已收到，已登记" in html
    assert "依申请〔2026〕0001号" in html
    assert "2026年12月" in html
    assert not [word for word in (SECRET_NAME, SECRET_PHONE, "征地") if word in html]
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


async def test_a_request_that_waits_for_confirmation_has_no_due_date(zone: Zone) -> None:
    html = await (await zone.client.get(f"/r/{await filed(zone, attended=False)}")).text()

    assert "收到之日确定后起算" in html


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_state_has_its_words(zone: Zone, language: str) -> None:
    words = zone.app[phone.WORDS].keys(language)

    missing = [
        f"state.{state}{part}"
        for state in RequestState
        for part in ("", ".text", ".next")
        if f"state.{state}{part}" not in words
    ]

    assert missing == []


async def test_a_wrong_code_gets_the_form_with_what_was_typed(zone: Zone) -> None:
    answer = await zone.client.get("/r", params={"code": '7"><script>'})
    html = await answer.text()

    assert answer.status == 404
    assert "查询码应为 10 位字母和数字" in html
    assert "<script" not in html


async def test_a_typed_code_leads_to_its_request(zone: Zone) -> None:
    code = await filed(zone)

    answer = await zone.client.get("/r", params={"code": f"{code[:4]}-{code[4:7]} {code[7:]}"})

    assert answer.url.path == f"/r/{code}"
    assert answer.status == 200


async def test_a_guesser_must_wait_and_may_try_again_later(zone: Zone, clock: TestClock) -> None:
    code = await filed(zone)
    for _ in range(TRIES):
        assert (await zone.client.get(f"/r/{new_code()}")).status == 404

    refused = await zone.client.get(f"/r/{code}")
    clock.forward(seconds=WINDOW_S + 1)
    allowed = await zone.client.get(f"/r/{code}")

    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "查询次数太多" in await refused.text()
    assert allowed.status == 200


async def test_right_codes_are_never_counted(zone: Zone) -> None:
    code = await filed(zone)

    statuses = {(await zone.client.get(f"/r/{code}")).status for _ in range(TRIES * 3)}

    assert statuses == {200}


async def test_an_unforeseen_path_below_a_citizens_page_stays_calm(zone: Zone) -> None:
    answer = await zone.client.get("/d/a/b/c", headers={"Accept": "text/html"})

    assert answer.status == 404
    assert "没有找到" in await answer.text()


async def test_a_document_page_shows_the_digest_that_was_signed(zone: Zone) -> None:
    document = await zone.published()
    published = await zone.app[keys.PUBLISHING].record(document.id)

    html = await (await zone.client.get(f"/d/{document.id}")).text()

    digest = sha256_hex(body_bytes(published.record))
    assert published.digest == digest
    assert " ".join(digest[at : at + 4] for at in (0, 4, 8, 12)) in html


async def test_a_request_page_names_the_office_that_answers_questions(
    tmp_path: Path, clock: TestClock
) -> None:
    contact = "信息公开办公室 0000-0000000"
    async with open_zone(tmp_path / "zone", clock=clock, contact=contact) as zone:
        code = await filed(zone)

        html = await (await zone.client.get(f"/r/{code}")).text()

    assert contact in html
    assert 'href="tel:00000000000"' in html


async def test_a_request_page_without_a_known_office_names_none(zone: Zone) -> None:
    code = await filed(zone)

    html = await (await zone.client.get(f"/r/{code}")).text()

    assert "依申请公开受理窗口" in html
    assert "tel:" not in html
