"""A connection that stands and hears nothing is noticed, told of, and left for one that hears (wire.md 2)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from content.feed.entry import line_to_bytes
from devices.agent import config
from devices.agent.config import to_toml
from devices.wire import topics
from tests.support.besieged import GOOD, NEXT, Siege, besieged
from tests.support.mosquitto import HAS_MOSQUITTO, until
from tests.support.signers import FEED, document

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]


@pytest.fixture
async def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Siege]:
    """A terminal that asks each second whether it is heard, and is impatient."""
    monkeypatch.setattr("devices.agent.uplink.DEAF_AFTER", 1)
    monkeypatch.setattr("devices.agent.uplink.FIRST_ANSWER_S", 0.3)
    async with besieged(tmp_path) as one:
        await one.stop()
        eager = replace(config.load(one.home), hearing_s=1)
        one.home.config.write_text(to_toml(eager), "utf-8")
        await one.start()
        yield one


def deafen(terminal: Siege) -> None:
    """Let the broker forget what the session had subscribed, as a node that comes back does."""
    assert terminal.agent is not None
    link = terminal.agent._link
    assert link._client is not None
    link._client.unsubscribe([topic for topic, _ in link._settings.filters()])


async def test_a_deaf_session_is_reported_and_new_content_comes_all_the_same(
    terminal: Siege,
) -> None:
    await until(lambda: terminal.agent is not None and terminal.agent._link.connected)
    before = len(terminal.zone.states)
    deafen(terminal)
    line = terminal.zone.keys.publish(document("D000000002", title=NEXT))
    await terminal.push(topics.log(FEED), line_to_bytes(line))

    await terminal.reported("session_deaf")

    await terminal.shows(GOOD, NEXT)
    await until(lambda: any(one.s == "init" for one in terminal.zone.states[before:]))


async def test_a_session_that_hears_is_left_in_peace(terminal: Siege) -> None:
    await until(lambda: sum(one.s == "ready" for one in terminal.zone.states) >= 4)

    numbers = {(one.boot, one.connection) for one in terminal.zone.states if one.s == "ready"}
    assert len(numbers) <= 2, "one before the start anew, one after"
    codes = {fault.code for report in terminal.zone.reports for fault in report.faults}
    assert "session_deaf" not in codes
