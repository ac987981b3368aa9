"""The desk's pages on which terminals are let in and kept out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from content.codes import new_code, show_code
from controller import keys
from controller.store.terminals import find_terminal
from devices.wire.pairing import show_fingerprint
from tests.integration.test_pairing import Stranger
from tests.support.zone import REGION, Zone, open_zone
from tests.unit.test_pages_desk import HTML, enter

FORM = {
    "device": "hall-1",
    "site": "政务服务大厅",
    "region": REGION,
    "kiosk": "1",
    "attended": "1",
    "screens": "2",
}


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone") as opened:
        await opened.staff()
        yield opened


async def waits(zone: Zone) -> tuple[Stranger, str]:
    """Let a terminal ask over the web; return it and its id on the page."""
    stranger = Stranger()
    body = await asyncio.to_thread(lambda: msgspec.json.encode(stranger.request()))
    assert (await zone.client.post("/pair", data=body)).status == 200
    (found,) = await zone.app[keys.PAIRINGS].waiting(zone.people["admin"])
    return stranger, found.id


async def terminal(zone: Zone) -> str | None:
    """Return the revocation state of hall-1 as a word."""
    async with zone.app[keys.DATABASE].read() as c:
        found = await find_terminal(c, "hall-1")
    return None if found is None else "revoked" if found.revoked_at else "in use"


async def test_an_administrator_compares_types_the_code_and_lets_the_terminal_in(
    zone: Zone,
) -> None:
    stranger, pairing = await waits(zone)
    csrf = await enter(zone, "admin")
    text = await (await zone.client.get("/desk/pairing", headers=HTML)).text()
    assert show_fingerprint(stranger.fingerprint) in text
    assert stranger.code not in text
    assert show_code(stranger.code) not in text

    form = {**FORM, "code": show_code(stranger.code).lower(), "csrf": csrf}
    answer = await zone.client.post(f"/desk/pairing/{pairing}", data=form, headers=HTML)

    assert "终端已接受" in await answer.text()
    async with zone.app[keys.DATABASE].read() as c:
        found = await find_terminal(c, "hall-1")
    assert found is not None
    assert (found.attended, found.screens) == (True, ("kiosk", "signage-1", "signage-2"))


async def test_a_wrong_code_is_said_and_what_was_typed_stays(zone: Zone) -> None:
    _, pairing = await waits(zone)
    csrf = await enter(zone, "admin")

    form = {**FORM, "code": new_code(), "csrf": csrf}
    answer = await zone.client.post(f"/desk/pairing/{pairing}", data=form, headers=HTML)

    text = await answer.text()
    assert "配对码不正确" in text
    assert 'value="政务服务大厅"' in text
    assert await terminal(zone) is None


@pytest.mark.parametrize("login", ["drafter", "approver", "officer", "auditor"])
async def test_nobody_else_lets_in_refuses_or_revokes(zone: Zone, login: str) -> None:
    stranger, pairing = await waits(zone)
    csrf = await enter(zone, login)
    form = {**FORM, "code": stranger.code, "reason": "试", "csrf": csrf}

    posts = (
        f"/desk/pairing/{pairing}",
        f"/desk/pairing/{pairing}/refuse",
        "/desk/terminals/hall-1/revoke",
    )
    statuses = [(await zone.client.post(path, data=form, headers=HTML)).status for path in posts]
    gets = ("/desk/pairing", "/desk/terminals/hall-1/revoke")
    statuses += [(await zone.client.get(path, headers=HTML)).status for path in gets]

    assert set(statuses) == {403}
    assert await terminal(zone) is None


async def test_a_form_of_another_site_lets_nobody_in(zone: Zone) -> None:
    stranger, pairing = await waits(zone)
    await enter(zone, "admin")

    form = {**FORM, "code": stranger.code, "csrf": "guessed"}
    answer = await zone.client.post(f"/desk/pairing/{pairing}", data=form, headers=HTML)

    assert answer.status == 403
    assert await terminal(zone) is None


async def test_a_terminal_is_revoked_with_a_reason_that_the_audit_log_keeps(zone: Zone) -> None:
    stranger, pairing = await waits(zone)
    csrf = await enter(zone, "admin")
    form = {**FORM, "code": stranger.code, "csrf": csrf}
    await zone.client.post(f"/desk/pairing/{pairing}", data=form, headers=HTML)
    path = "/desk/terminals/hall-1/revoke"
    assert "政务服务大厅" in await (await zone.client.get(path, headers=HTML)).text()

    silent = await zone.client.post(path, data={"reason": " ", "csrf": csrf}, headers=HTML)
    assert "请填写停用原因" in await silent.text()
    assert await terminal(zone) == "in use"
    answer = await zone.client.post(path, data={"reason": "设备失窃", "csrf": csrf}, headers=HTML)

    assert "终端已停用" in await answer.text()
    assert await terminal(zone) == "revoked"
    auditor = zone.people["auditor"]
    rows = await zone.app[keys.AUDIT].list(auditor, subject="hall-1")
    assert [(row.act, row.detail) for row in rows][0] == ("terminal_revoked", "设备失窃")  # noqa: RUF015
    again = await zone.client.get(path, headers=HTML)
    assert again.status == 404
