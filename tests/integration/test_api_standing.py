"""How far a request has come, asked by a terminal over its own interface, in the words of the citizens' page."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from content.errors import NotFound
from content.requests.states import RequestState
from controller.api.keys import DeviceServices
from controller.api.listener import create_device_api, listening, server_tls
from controller.api.standing import standing, standing_by
from controller.desk.texts import Texts
from controller.push.expulsion import OpenLinks
from controller.services.events import EventBus
from controller.services.requests import PublicState
from controller.services.terminals import Terminals
from devices.agent.config import Home
from devices.agent.https import HttpsUpstream, client_tls
from devices.agent.ports import Unreachable
from devices.clock import SystemClock
from tests.support.hand_clock import HandClock
from tests.support.mosquitto import free_port
from tests.support.zone_ca import make_ca, open_database, register, terminal_of, wall_now

NOBODY = cast("Any", None)
CODE = "7KQ2M9XD4F"
STATE = PublicState(
    code=CODE,
    number="2026-0001",
    state=RequestState.REGISTERED,
    filed_on=date(2026, 11, 20),
    received_on=date(2026, 11, 21),
    due_on=date(2026, 12, 18),
    provisional=False,
    changed_on=date(2026, 11, 21),
)


class States:
    """Knows one request."""

    async def public_state(self, code: str) -> PublicState:
        if code != CODE:
            raise NotFound("没有查到。")
        return STATE


@pytest.fixture
async def upstream(tmp_path: Path) -> AsyncIterator[HttpsUpstream]:
    ca = make_ca(tmp_path / "ca")
    issued = ca.issue_device("hall-1", now=wall_now())
    home = Home(tmp_path)
    issued.write(tmp_path, "client")
    home.authority.write_bytes(ca.certificate)
    server = ca.issue_server(["localhost"], ["127.0.0.1"], now=wall_now())
    certificate, key = server.write(tmp_path, "server")
    port = free_port()
    async with open_database(tmp_path) as database:
        await register(database, terminal_of(issued, "hall-1"))
        terminals = Terminals(
            database=database, desired=NOBODY, events=EventBus(), clock=HandClock()
        )
        services = DeviceServices(
            terminals=terminals,
            intake=NOBODY,
            welcomer=NOBODY,
            feeds=NOBODY,
            blobs=tmp_path,
            words=NOBODY,
            jobs=NOBODY,
            links=OpenLinks(),
            renewals=NOBODY,
            findings=NOBODY,
            standing=standing_by(States()),
        )
        tls = server_tls(certificate, key, authority=ca.certificate_path, on_refused=print)
        app = create_device_api(services)
        async with (
            listening(app, host="127.0.0.1", port=port, tls=tls),
            HttpsUpstream(f"https://127.0.0.1:{port}", tls=client_tls(home)) as one,
        ):
            yield one


async def test_a_terminal_is_told_in_the_words_of_the_citizens_page(
    upstream: HttpsUpstream,
) -> None:
    told = await upstream.standing(CODE)

    assert told is not None
    assert told.state == "已收到，已登记"
    assert told.next_step.startswith("请等候答复")
    assert told.lines == (
        ("受理号", "2026-0001"),
        ("提交日期", "2026年11月20日"),
        ("收到日期", "2026年11月21日"),
        ("答复期限", "2026年12月18日"),
    )


@pytest.mark.parametrize("code", ["7KQ2M9XD4G", "UUUUUUUUUU", "7KQ2-M9X-D4G"])
async def test_an_unknown_code_is_unknown_and_no_failure(
    upstream: HttpsUpstream, code: str
) -> None:
    assert await upstream.standing(code) is None


async def test_a_code_written_with_hyphens_is_the_same_code(upstream: HttpsUpstream) -> None:
    assert await upstream.standing("7kq2-m9x-d4f") == await upstream.standing(CODE)


async def test_a_controller_that_is_away_is_unreachable_and_not_unknown(tmp_path: Path) -> None:
    home = Home(tmp_path)
    ca = make_ca(tmp_path / "ca")
    ca.issue_device("hall-1", now=SystemClock().now()).write(tmp_path, "client")
    home.authority.write_bytes(ca.certificate)
    async with HttpsUpstream(f"https://127.0.0.1:{free_port()}", tls=client_tls(home)) as one:
        with pytest.raises(Unreachable):
            await one.standing(CODE)


@pytest.mark.parametrize("state", list(RequestState))
def test_every_state_has_its_words(state: RequestState) -> None:
    from controller.api.standing import WORDS

    told = standing(replace(STATE, state=state, received_on=None, due_on=None), Texts(WORDS))

    assert all((told.state, told.text, told.next_step))
    assert all(value for _, value in told.lines)
