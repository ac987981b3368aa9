"""The desk's pages over a whole controller: who sees what, nothing typed is lost, nothing hostile is drawn."""

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import FormData

from controller import keys
from controller.auth.roles import Role
from tests.support.zone import NOTICE, PASSWORD, Zone, open_zone
from tests.unit.test_pages_phone import SECRET_NAME, filed

TOKEN = re.compile(r'data-csrf="([^"]*)"')
HTML = {"Accept": "text/html"}
PLACES = (
    "",
    "/documents",
    "/emergency",
    "/words",
    "/requests",
    "/terminals",
    "/pairing",
    "/terminals/bundles",
    "/people",
    "/audit",
    "/account",
)
_ALL = {"", "/documents", "/emergency", "/words", "/terminals", "/account"}
ALLOWED = {
    "admin": {*_ALL, "/pairing", "/terminals/bundles", "/people"},
    "editor": _ALL,
    "drafter": _ALL,
    "approver": _ALL,
    "officer": {*_ALL, "/requests"},
    "auditor": {*_ALL, "/requests", "/audit"},
    "warden": _ALL,
}


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone", upload_mb=1) as opened:
        await opened.staff()
        await opened.add("warden", Role.EMERGENCY)
        yield opened


async def enter(zone: Zone, login: str) -> str:
    """Sign in as the browser does; return the token that forms carry."""
    zone.client.session.cookie_jar.clear()
    form = {"login": login, "password": PASSWORD, "next": "/desk/account"}
    answer = await zone.client.post("/desk/login", data=form)
    found = TOKEN.search(await answer.text())
    assert found
    assert answer.url.path == "/desk/account"
    return found.group(1)


@pytest.mark.parametrize("login", sorted(ALLOWED))
async def test_each_role_opens_its_own_places_and_no_others(zone: Zone, login: str) -> None:
    await zone.submitted()
    await filed(zone)
    await enter(zone, login)

    statuses = {
        place: (await zone.client.get(f"/desk{place}", headers=HTML)).status for place in PLACES
    }

    assert statuses == {place: 200 if place in ALLOWED[login] else 403 for place in PLACES}


@pytest.mark.parametrize("place", PLACES)
async def test_a_visitor_is_led_to_the_login_and_back(zone: Zone, place: str) -> None:
    answer = await zone.client.get(f"/desk{place}", headers=HTML, allow_redirects=False)

    assert answer.status == 303
    assert answer.headers["Location"] == f"/desk/login?next=/desk{place}"


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/desk/",
        "//example.org/desk/",
        "/\\example.org",
        "javascript:alert(1)",
        "/d/1",
    ],
)
async def test_the_login_leads_to_no_other_site(zone: Zone, target: str) -> None:
    form = {"login": "drafter", "password": PASSWORD, "next": target}

    answer = await zone.client.post("/desk/login", data=form, allow_redirects=False)

    assert answer.headers["Location"] == "/desk"


async def test_a_wrong_password_keeps_the_login_that_was_typed(zone: Zone) -> None:
    form = {"login": "drafter", "password": "wrong password", "next": "/desk/documents"}

    answer = await zone.client.post("/desk/login", data=form)
    html = await answer.text()

    assert answer.status == 422
    assert "登录名或密码不正确" in html
    assert 'value="drafter"' in html
    assert 'value="/desk/documents"' in html
    assert "wrong password" not in html


async def test_a_change_without_the_token_is_refused(zone: Zone) -> None:
    document = await zone.draft()
    await enter(zone, "drafter")

    answer = await zone.client.post(f"/desk/documents/{document.id}/submit", data={"seen": "1"})

    assert answer.status == 403


async def test_hostile_text_is_drawn_as_text(zone: Zone) -> None:
    hostile = (*NOTICE[:3], '<script>alert("甲")</script><img src=x onerror=alert(1)>', *NOTICE[3:])
    document = await zone.draft(text=hostile)
    await enter(zone, "drafter")

    html = await (await zone.client.get(f"/desk/documents/{document.id}")).text()

    assert "&lt;script&gt;alert" in html
    assert "<img" not in html


async def test_fields_are_corrected_in_place(zone: Zone) -> None:
    document = await zone.draft()
    token = await enter(zone, "drafter")
    fields = {
        "csrf": token,
        "seen": str(document.revision),
        "title": "改过的\n标题",
        "written_on": "2026-11-03",
        "validity": "in_force",
        "contact": "县政府办 0000-1234567",
        "domain": "不存在的领域",
    }

    answer = await zone.client.post(f"/desk/documents/{document.id}/fields", data=fields)
    changed = await zone.app[keys.DOCUMENTS].get(zone.people["drafter"], document.id)

    assert answer.status == 200
    assert changed.fields.title == "改过的标题"
    assert str(changed.fields.written_on) == "2026-11-03"
    assert changed.fields.domain == ""
    assert changed.fields.cited == document.fields.cited


async def test_a_wrong_date_is_said_and_everything_typed_stays(zone: Zone) -> None:
    document = await zone.draft()
    token = await enter(zone, "drafter")
    fields = {"csrf": token, "seen": "1", "title": "写了一半", "written_on": "2026-13-40"}

    answer = await zone.client.post(f"/desk/documents/{document.id}/fields", data=fields)
    html = await answer.text()

    assert answer.status == 422
    assert "成文日期不正确" in html
    assert "写了一半" in html


async def test_who_saw_an_old_revision_cannot_overwrite_even_when_trying_twice(zone: Zone) -> None:
    document = await zone.draft()
    await zone.app[keys.DOCUMENTS].correct(
        zone.people["drafter"],
        document.id,
        seen=document.revision,
        fields=document.fields,
        blocks=document.blocks[:-1],
    )
    token = await enter(zone, "drafter")
    fields = {"csrf": token, "seen": str(document.revision), "title": "旧页面上的修改"}
    address = f"/desk/documents/{document.id}/fields"

    first = await (await zone.client.post(address, data=fields)).text()
    shown = re.search(r'id="edit-fields".*?name="seen" value="(\d+)"', first, re.DOTALL)
    assert shown
    second = await zone.client.post(address, data={**fields, "seen": shown.group(1)})

    assert "刚刚有新的修改" in first
    assert "旧页面上的修改" in first
    assert second.status == 422


async def test_each_file_of_an_upload_is_answered_for_itself(zone: Zone) -> None:
    token = await enter(zone, "drafter")
    form = FormData()
    for name, data in (
        ("好.txt", "\n".join(NOTICE).encode()),
        ("空.txt", b""),
        ("大.txt", b"x" * (1024 * 1024 + 1)),
        ("坏.pdf", b"%PDF-1.4 nothing"),
        ("也好.txt", "\n".join((*NOTICE, "附则。")).encode()),
    ):
        form.add_field("file", io.BytesIO(data), filename=name)

    answer = await zone.client.post(
        "/desk/documents/upload", data=form, headers={"X-CSRF-Token": token}
    )
    files = (await answer.json())["files"]

    assert [bool(one["href"]) for one in files] == [True, False, False, False, True]
    assert "超过 1 MB" in files[2]["sentence"]
    assert all(one["sentence"] for one in files)


async def test_an_upload_without_a_file_says_what_to_do(zone: Zone) -> None:
    token = await enter(zone, "drafter")
    form = FormData({"note": "nothing"}, default_to_multipart=True)

    answer = await zone.client.post(
        "/desk/documents/upload", data=form, headers={"X-CSRF-Token": token}
    )

    assert "请选择文件" in (await answer.json())["files"][0]["sentence"]


async def test_a_drafter_cannot_open_the_approval_of_the_own_document(zone: Zone) -> None:
    document = await zone.submitted()
    await enter(zone, "drafter")

    answer = await zone.client.get(f"/desk/documents/{document.id}/approve", headers=HTML)

    assert answer.status == 403


async def test_the_bytes_to_sign_are_the_statement_and_the_body(zone: Zone) -> None:
    document = await zone.submitted()
    await enter(zone, "approver")
    offer = await zone.app[keys.PUBLISHING].statement_for(zone.people["approver"], document.id)

    said = await (await zone.client.get(f"/desk/documents/{document.id}/statement")).json()
    body = await (await zone.client.get(f"/desk/documents/{document.id}/body")).read()

    assert said["signed_bytes"] == offer.statement.signed_bytes().hex()
    assert said["statement"]["digest"] == offer.statement.digest
    assert body == offer.body


async def test_an_approval_that_is_no_signature_is_refused_with_a_sentence(zone: Zone) -> None:
    document = await zone.submitted()
    token = await enter(zone, "approver")

    for nonsense in (b"", b"[]", b'{"signature": "xyz"}', b'{"signature": 7}', b"\xff"):
        answer = await zone.client.post(
            f"/desk/documents/{document.id}/sign", data=nonsense, headers={"X-CSRF-Token": token}
        )
        assert answer.status == 400
        assert (await answer.json())["detail"]


async def test_a_return_needs_a_reason(zone: Zone) -> None:
    document = await zone.submitted()
    token = await enter(zone, "approver")

    answer = await zone.client.post(
        f"/desk/documents/{document.id}/return", data={"csrf": token, "reason": "  "}
    )

    assert answer.status == 422
    assert "请填写退回原因" in await answer.text()


async def test_personal_data_is_on_the_request_itself_alone(zone: Zone) -> None:
    await filed(zone)
    await enter(zone, "officer")

    pages = [await (await zone.client.get(f"/desk{place}")).text() for place in ("", "/requests")]
    one = await (await zone.client.get("/desk/requests/依申请〔2026〕0001号")).text()

    assert not any(SECRET_NAME in page for page in pages)
    assert SECRET_NAME in one
    assert "<summary><code>0000**********0000</code>" in one


async def test_an_auditor_sees_that_a_request_was_read_but_not_the_request(zone: Zone) -> None:
    await filed(zone)
    await enter(zone, "officer")
    await zone.client.get("/desk/requests/依申请〔2026〕0001号")
    await enter(zone, "auditor")

    refused = await zone.client.get("/desk/requests/依申请〔2026〕0001号", headers=HTML)
    log = await (await zone.client.get("/desk/audit")).text()

    assert refused.status == 403
    assert SECRET_NAME not in await refused.text()
    assert "查看申请" in log
    assert SECRET_NAME not in log


async def test_an_overdue_request_comes_first_and_says_so_in_words(zone: Zone) -> None:
    clock = zone.app[keys.CLOCK]
    await filed(zone)
    clock.forward(days=45)  # type: ignore[attr-defined]
    await filed(zone)
    await enter(zone, "officer")

    html = await (await zone.client.get("/desk/requests")).text()

    assert "已超期" in html
    assert html.index("依申请〔2026〕0001号") < html.index("还有 20 个工作日")


async def test_confirming_receipt_starts_the_clock(zone: Zone) -> None:
    await filed(zone, attended=False)
    token = await enter(zone, "officer")

    answer = await zone.client.post(
        "/desk/requests/依申请〔2026〕0001号/confirm", data={"csrf": token, "note": "已通话"}
    )

    assert "已确认收到，答复期限开始计算" in await answer.text()


async def test_an_invitation_is_shown_once_and_works_once(zone: Zone) -> None:
    token = await enter(zone, "admin")
    answer = await zone.client.post(
        "/desk/people",
        data=[("csrf", token), ("name", "职员新"), ("login", "newcomer"), ("role", "drafter")],
    )
    html = await answer.text()
    found = re.search(r'value="[^"]*(/invite/[^"]+)"', html)
    assert found
    choice = {"password": PASSWORD, "again": PASSWORD}

    zone.client.session.cookie_jar.clear()
    first = await zone.client.post(found.group(1), data=choice)
    zone.client.session.cookie_jar.clear()
    second = await zone.client.post(found.group(1), data=choice, headers=HTML)

    assert first.url.path == "/desk/account"
    assert second.status == 410
    assert found.group(1) not in await (await zone.client.get("/desk/login")).text()


async def test_theme_and_language_are_kept_and_lead_back(zone: Zone) -> None:
    token = await enter(zone, "drafter")
    back = "/desk/documents?state=draft"

    for choice in ({"theme": "dark"}, {"language": "en"}):
        await zone.client.post("/desk/looks", data={"csrf": token, "next": back, **choice})
    answer = await zone.client.get(back)
    html = await answer.text()

    assert 'data-theme="dark"' in html
    assert 'lang="en"' in html
    assert "Documents" in html


async def test_an_unknown_page_says_so_with_a_way_on_and_a_number_to_quote(zone: Zone) -> None:
    answer = await zone.client.get("/desk/nowhere", headers=HTML)
    html = await answer.text()

    assert answer.status == 404
    assert "没有这个页面" in html
    assert answer.headers["X-Request-Id"] in html


async def test_a_set_up_zone_has_no_set_up_page_any_more(zone: Zone) -> None:
    answer = await zone.client.get("/setup/whatever", headers=HTML)

    assert answer.status == 410


async def test_the_live_page_ends_when_the_controller_stops(tmp_path: Path) -> None:
    async with open_zone(tmp_path / "zone") as zone:
        await zone.staff()
        await enter(zone, "officer")
        stream = await zone.client.get("/desk/terminals/live")
        first = await stream.content.readuntil(b"\n\n")

        assert first.startswith(b"event: terminals\n")
        assert stream.headers["Content-Type"].startswith("text/event-stream")


def test_every_role_is_tried() -> None:
    assert len(ALLOWED) == len(Role)
