"""A terminal that the broker has left, or that nobody answers, asks over HTTPS soon: no poll is waited for."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.agent import uplink
from devices.agent.ports import Connected, Lost
from devices.agent.report import Reporter
from devices.agent.sender import Sender
from devices.agent.uplink import ASK_AFTER, Conversation, HelloDue, Uplink
from tests.support.fake_link import FakeLink
from tests.support.outbox_terminal import Terminal as OutboxTerminal
from tests.support.signers import FEED
from tests.support.sync_terminal import Terminal as SyncTerminal

HOUR_S = 3600.0
LOST = Lost("link_lost", "")


class Talk:
    """A conversation over a real replica, with a broker and an HTTPS interface in memory."""

    def __init__(self, folder: Path) -> None:
        self.held = SyncTerminal(folder / "held")
        self.outbox = OutboxTerminal(folder / "outbox")
        self.link = FakeLink()
        self.words = 0
        self.talk = Conversation(
            Uplink("hall-01", (FEED,), poll_s=HOUR_S, jitter_s=0.0),
            sync=self.held.sync,
            sender=Sender(
                self.outbox.outbox,
                link=self.link,
                upstream=self.held.upstream,
                clock=self.held.clock,
                disk=self.held.disk,
                on_settled=lambda _: None,
            ),
            reporter=Reporter(
                device="hall-01", link=self.link, clock=self.held.clock, faults=self.held.faults.all
            ),
            faults=self.held.faults,
            link=self.link,
        )
        self.talk.on_https = self._say

    async def _say(self) -> None:
        self.words += 1

    @property
    def asked(self) -> int:
        return len(self.held.upstream.hellos)

    async def until_asked(self, times: int) -> None:
        async with asyncio.timeout(10):
            while self.asked < times or self.words < times:  # noqa: ASYNC110 - the fakes tell nobody
                await asyncio.sleep(0)


@pytest.fixture
async def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Talk]:
    monkeypatch.setattr(uplink, "AWAY_S", 0.01)
    monkeypatch.setattr(uplink, "FIRST_POLL_S", HOUR_S)
    for name in ("held", "outbox"):
        (tmp_path / name).mkdir()
    one = Talk(tmp_path)
    one.held.publish(1)
    one.held.upstream.welcome = one.held.welcome().welcome
    polling = asyncio.create_task(one.talk.poll())
    yield one
    polling.cancel()
    await asyncio.wait([polling])
    one.talk._cancel_hello()
    one.outbox.close()
    await one.held.disk(one.held.replica.close)
    one.held.disk.close()


async def test_after_the_link_is_lost_https_is_asked_before_the_next_poll(talk: Talk) -> None:
    await talk.talk.step(Connected(1))
    talk.link.connected = False

    await talk.talk.step(LOST)

    await talk.until_asked(1)
    assert await talk.held.sequence() == 1
    assert talk.talk.state().online


async def test_dialling_in_vain_asks_no_second_time(talk: Talk) -> None:
    await talk.talk.step(Connected(1))
    talk.link.connected = False
    await talk.talk.step(LOST)
    await talk.until_asked(1)

    for _ in range(5):
        await talk.talk.step(LOST)
        await asyncio.sleep(0.02)

    assert talk.asked == 1


async def test_a_link_that_is_back_before_has_nobody_asked(talk: Talk) -> None:
    await talk.talk.step(Connected(1))

    await talk.talk.step(LOST)
    await asyncio.sleep(0.05)

    assert (talk.asked, talk.words) == (0, 0)


async def test_hellos_that_nobody_answers_have_https_asked_though_the_broker_is_there(
    talk: Talk,
) -> None:
    await talk.talk.step(Connected(1))
    for _ in range(ASK_AFTER - 1):
        await talk.talk.step(HelloDue())
    await asyncio.sleep(0.02)
    before = talk.asked

    await talk.talk.step(HelloDue())

    await talk.until_asked(1)
    assert before == 0
    assert await talk.held.sequence() == 1


async def test_a_controller_that_is_nowhere_leaves_what_is_held(talk: Talk) -> None:
    await talk.talk.step(Connected(1))
    talk.link.connected = talk.held.upstream.up = False

    await talk.talk.step(LOST)
    async with asyncio.timeout(10):
        while "api_unreachable" not in talk.held.codes:  # noqa: ASYNC110 - the fakes tell nobody
            await asyncio.sleep(0)

    assert not talk.talk.state().online
    assert talk.words == 0
