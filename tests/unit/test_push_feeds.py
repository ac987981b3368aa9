"""A line goes with its head in one message where everybody reads that, and in two as long as somebody does not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from content.feed.entry import head_from_bytes, line_to_bytes
from content.feed.together import apart
from controller.push.feeds import Audience, FeedPush
from controller.push.readers import KEPT_S, WARY_S, Readers
from controller.push.welcome import Welcomer
from controller.services.events import EventBus, Published
from controller.services.terminals import Terminals
from devices.wire import topics
from devices.wire.messages import LINES_WITH_HEADS
from tests.support.fake_link import FakeClock
from tests.support.push_wing import Log
from tests.support.signers import FEED, document
from tests.support.zone_ca import make_ca, open_database, register, terminal_of, wall_now

LOG, HEAD = topics.log(FEED), topics.head(FEED)


@dataclass
class FakeBroker:
    """Keeps what was said; `takes` is what the test says."""

    takes: bool = True
    said: list[tuple[str, bytes, bool]] = field(default_factory=list)

    @property
    def connected(self) -> bool:
        return self.takes

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        if self.takes:
            self.said.append((topic, payload, retain))
        return self.takes

    def take(self) -> list[tuple[str, bytes, bool]]:
        taken, self.said = self.said, []
        return taken


@dataclass
class Pushing:
    """A push over a log in memory."""

    push: FeedPush
    log: Log
    readers: Readers
    clock: FakeClock
    broker: FakeBroker = field(default_factory=FakeBroker)

    async def publish(self, number: int) -> list[tuple[str, bytes, bool]]:
        line = self.log.keys.publish(document(f"D{number:09d}"))
        await self.push.say(Published(FEED, line.link.sequence, line.entry.statement.record, 1))
        return self.broker.take()


@pytest.fixture
async def pushing(tmp_path: Path) -> AsyncIterator[Pushing]:
    ca, log, clock, broker = make_ca(tmp_path / "ca"), Log(), FakeClock(), FakeBroker()
    async with open_database(tmp_path) as database:
        issued = ca.issue_device("hall-a", now=wall_now())
        await register(database, terminal_of(issued, "hall-a", feeds=(FEED,)))
        terminals = Terminals(database=database, desired=log, events=EventBus(), clock=clock)
        readers = Readers(clock=clock)
        push = FeedPush(
            feeds=log,
            welcomer=Welcomer(feeds=log, policies=log),
            audience=Audience(terminals, broker, readers),
            events=EventBus(),
            clock=clock,
        )
        log.keys.publish(document("D000000001"))
        one = Pushing(push, log, readers, clock, broker)
        await push.say_all()
        clock.pass_(WARY_S)
        yield one


async def test_the_head_of_the_day_is_kept_by_the_broker(pushing: Pushing) -> None:
    ((topic, _, retain),) = pushing.broker.take()

    assert (topic, retain) == (HEAD, True)


async def test_where_everybody_reads_it_a_line_brings_its_head(pushing: Pushing) -> None:
    pushing.broker.take()
    pushing.readers.said("hall-a", LINES_WITH_HEADS)

    ((topic, payload, retain),) = await pushing.publish(2)

    assert (topic, retain) == (LOG, False)
    parted, last = apart(payload), pushing.log.keys.lines[-1]
    assert parted.line == line_to_bytes(last)
    head = head_from_bytes(parted.head).head
    assert (head.feed, head.sequence, head.link) == (FEED, 2, last.link.hash)


async def test_one_that_reads_the_older_form_has_all_told_in_that_form(pushing: Pushing) -> None:
    pushing.broker.take()
    pushing.readers.said("hall-a", 1)

    said = await pushing.publish(2)
    pushing.readers.said("hall-a", LINES_WITH_HEADS)
    later = await pushing.publish(3)

    assert [(topic, retain) for topic, _, retain in said] == [(LOG, False), (HEAD, True)]
    assert said[0][1] == line_to_bytes(pushing.log.keys.lines[1])
    assert [topic for topic, _, _ in later] == [LOG]


async def test_after_a_link_came_up_nobody_is_taken_to_read_anything_new(pushing: Pushing) -> None:
    await pushing.push.say_all()
    pushing.broker.take()

    soon = await pushing.publish(2)
    pushing.clock.pass_(WARY_S)
    later = await pushing.publish(3)

    assert ([one[0] for one in soon], [one[0] for one in later]) == ([LOG, HEAD], [LOG])


async def test_one_that_was_switched_off_holds_nobody_back_for_ever(pushing: Pushing) -> None:
    pushing.broker.take()
    pushing.readers.said("hall-a", 1)
    pushing.clock.pass_(KEPT_S)

    assert [one[0] for one in await pushing.publish(2)] == [LOG]


async def test_a_line_that_did_not_reach_the_broker_is_made_good_by_its_head(
    pushing: Pushing,
) -> None:
    pushing.broker.take()
    pushing.broker.takes = False
    await pushing.publish(2)
    pushing.broker.takes = True

    await pushing.push._say_unsaid()

    ((topic, payload, retain),) = pushing.broker.take()
    assert (topic, retain) == (HEAD, True)
    assert head_from_bytes(payload).head.sequence == 2


async def test_a_head_that_is_ahead_of_the_line_goes_apart(pushing: Pushing) -> None:
    pushing.broker.take()
    keys = pushing.log.keys
    for number in (2, 3):
        keys.publish(document(f"D{number:09d}"))

    await pushing.push.say(Published(FEED, 2, "D000000002", 1))

    line, head = pushing.broker.take()
    assert line[:2] == (LOG, line_to_bytes(keys.lines[1]))
    assert head_from_bytes(head[1]).head.sequence == 3


async def test_a_line_that_is_too_large_to_say_is_promised_by_its_head_alone(
    pushing: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.push.feeds.INLINE_BYTES", 10)
    pushing.broker.take()

    said = await pushing.publish(2)

    assert [one[0] for one in said] == [HEAD]
