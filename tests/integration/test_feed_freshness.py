"""Old content is marked and reported, never hidden; a wrong clock and a forked log are told of."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from content.feed.chain import Head
from content.feed.clock import STALE_S, floored, has_expired, is_behind, is_stale
from content.feed.entry import SignedHead, head_to_bytes, line_to_bytes
from content.feed.keys import is_signed
from content.replica.reader import ReplicaReader
from devices.agent.sync import HeadHeard, LineHeard
from tests.support.fake_link import START, FakeClock, FakeUpstream
from tests.support.held_copy import HeldCopy
from tests.support.signers import FEED, ZoneKeys, document

DAY = 24 * 3600
NOW = int(START.timestamp())


class Terminal:
    """A terminal whose clock and link the test moves."""

    def __init__(self, folder: Path) -> None:
        self.keys = ZoneKeys()
        self.path = folder / "replica.db"
        self.clock = FakeClock()
        self.online = False
        self.upstream = FakeUpstream()
        self.copy = HeldCopy.open(
            self.path,
            self.keys.trust_root,
            clock=self.clock,
            upstream=self.upstream,
            online=lambda: self.online,
        )
        self.faults, self.sync, self.freshness = (
            self.copy.faults,
            self.copy.sync,
            self.copy.freshness,
        )

    @property
    def codes(self) -> list[str]:
        return self.copy.codes

    async def hold(self, *numbers: int, at: int = NOW) -> None:
        for number in numbers:
            self.keys.publish(document(f"D{number:09d}"))
        self.upstream.hold(FEED, self.keys.lines)
        await self.copy.meet(self.keys.policy(), self.keys.head(at=at))

    def signed(self, head: Head) -> SignedHead:
        log = self.keys.log
        return SignedHead(head, log.key_id, log.private.sign(head.signed_bytes()))

    def titles(self) -> int:
        with closing(ReplicaReader(self.path, self.keys.trust_root)) as reader:
            return len(reader.newest("document", limit=9))


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal(tmp_path)
    yield one
    one.copy.close()


async def test_a_feed_that_nobody_renews_is_reported_and_stays_on_the_glass(
    terminal: Terminal,
) -> None:
    await terminal.hold(1)
    await terminal.freshness.look()
    assert terminal.codes == []

    terminal.clock.pass_(STALE_S + 60)
    await terminal.freshness.look()

    assert terminal.codes == ["feed_stale"]
    assert "资料截至 2026年11月22日 09:00" in terminal.faults.all()[0].text
    assert terminal.titles() == 1


async def test_a_feed_that_is_frozen_though_the_controller_answers_is_told_apart(
    terminal: Terminal,
) -> None:
    await terminal.hold(1)
    terminal.clock.pass_(STALE_S + 60)
    terminal.online = True

    await terminal.freshness.look()
    assert terminal.codes == ["feed_frozen"]

    await terminal.sync.step(
        HeadHeard(FEED, head_to_bytes(terminal.keys.head(at=NOW + STALE_S + 30)))
    )
    await terminal.freshness.look()
    assert terminal.codes == []


async def test_an_old_head_said_again_makes_nothing_fresh(terminal: Terminal) -> None:
    await terminal.hold(1)
    terminal.clock.pass_(STALE_S + 60)

    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(terminal.keys.head(at=NOW - DAY))))
    await terminal.freshness.look()

    assert terminal.codes == ["feed_stale"]


@pytest.mark.parametrize("days", [-20000, -40])
async def test_a_clock_that_stands_in_the_past_is_reported_and_updates_go_on(
    terminal: Terminal, days: int
) -> None:
    await terminal.hold(1)
    terminal.clock.elapsed = days * DAY

    await terminal.hold(2, at=NOW + 60)
    await terminal.freshness.look()

    assert terminal.codes == ["clock_behind"]
    assert terminal.titles() == 2


async def test_a_clock_forty_days_ahead_marks_and_goes_on(terminal: Terminal) -> None:
    await terminal.hold(1)
    terminal.clock.elapsed = 40 * DAY
    terminal.online = True

    await terminal.hold(2, at=NOW + 60)
    await terminal.freshness.look()

    assert terminal.codes == ["feed_frozen"]
    assert terminal.titles() == 2


async def test_two_heads_for_one_place_are_both_kept_and_reported(terminal: Terminal) -> None:
    await terminal.hold(1)
    rival = terminal.signed(Head(FEED, 1, "ab" * 32, NOW + 9))

    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(rival)))
    await terminal.freshness.look()

    (one,) = terminal.copy.replica.contradictions()
    assert one.theirs == head_to_bytes(rival)
    data, key, signature = msgspec.msgpack.decode(one.ours)
    assert is_signed(terminal.keys.log.public, signature, data)
    assert key == terminal.keys.log.key_id
    assert {"head_refused:forked", "log_forked"} <= set(terminal.codes)
    assert terminal.titles() == 1


async def test_a_fork_is_still_reported_after_a_restart(terminal: Terminal) -> None:
    await terminal.hold(1)
    rival = terminal.signed(Head(FEED, 1, "ab" * 32, NOW + 9))
    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(rival)))
    await terminal.copy.disk(terminal.copy.replica.close)
    terminal.faults.clear("log_forked", FEED)

    await terminal.freshness.look()

    assert "log_forked" in terminal.codes


async def test_another_line_for_a_place_that_is_taken_is_evidence(terminal: Terminal) -> None:
    await terminal.hold(1)
    other = terminal.keys.link(terminal.keys.entry(document("D000000009")), after=None)

    await terminal.sync.step(LineHeard(FEED, line_to_bytes(other)))

    assert "entry_refused:forked" in terminal.codes
    assert len(terminal.copy.replica.contradictions()) == 1


async def test_a_forged_rival_is_no_evidence_against_the_log_key(terminal: Terminal) -> None:
    await terminal.hold(1)
    other = terminal.keys.link(terminal.keys.entry(document("D000000009")), after=None)
    forged = replace(other, log_signature=bytes(64))

    await terminal.sync.step(LineHeard(FEED, line_to_bytes(forged)))

    assert "entry_refused:bad_log_signature" in terminal.codes
    assert terminal.copy.replica.contradictions() == ()


async def test_the_line_that_is_held_heard_again_is_nothing(terminal: Terminal) -> None:
    await terminal.hold(1)

    await terminal.sync.step(LineHeard(FEED, line_to_bytes(terminal.keys.lines[0])))

    assert terminal.codes == []


def test_the_floor_holds_against_a_clock_that_fell_back() -> None:
    assert floored(0, NOW) == NOW
    assert is_behind(0, NOW)
    assert not is_behind(NOW - 60, NOW)
    assert is_stale(NOW, NOW + STALE_S + 1)
    assert not is_stale(0, NOW)


@pytest.mark.parametrize(
    ("now", "synchronised", "ended"),
    [
        (NOW + 2 * 3600, False, True),
        (NOW + 40 * DAY, False, False),
        (NOW + 40 * DAY, True, True),
        (0, False, False),
        (NOW, True, False),
    ],
)
def test_an_end_is_judged_only_by_a_clock_that_can_be_right(
    now: int, *, synchronised: bool, ended: bool
) -> None:
    assert has_expired(NOW + 3600, now=now, floor=NOW, synchronised=synchronised) is ended


def test_an_end_before_the_floor_has_certainly_passed() -> None:
    assert has_expired(NOW - 1, now=0, floor=NOW, synchronised=False)
    assert not has_expired(0, now=NOW, floor=NOW, synchronised=True)
