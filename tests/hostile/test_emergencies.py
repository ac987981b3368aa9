"""Attacks with emergencies: they take over every screen, so they are what a thief of the controller wants most."""

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from content.canonical import sha256_hex
from content.feed.body import body_bytes
from content.feed.entry import Entry, LogLine, head_to_bytes, line_to_bytes, pack
from content.feed.policy import FeedRule
from content.feed.statement import Action, Statement
from content.programme.emergency import EmergencyNotice, Level
from content.replica.reader import ReplicaReader
from devices.wire import topics
from tests.support.agent_zone import EMERGENCY_FEED, AgentZone
from tests.support.besieged import GOOD, Siege, besieged
from tests.support.mosquitto import HAS_MOSQUITTO, until
from tests.support.signers import FEED, Signer, document
from tests.support.zone_ca import wall_now

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]
HOUR = 3600
REGION = "519900"


@dataclass
class Alarms:
    """A siege around a terminal whose policy has an emergency group of two."""

    wardens: tuple[Signer, Signer] = field(
        default_factory=lambda: (Signer("u-warden"), Signer("u-second-warden"))
    )
    siege: Siege = field(init=False)

    def prepare(self, zone: AgentZone) -> None:
        keys = zone.keys
        keys.others = self.wardens
        group = tuple(one.key_id for one in self.wardens)
        keys.rules = (FeedRule("emergency/*", group, 2, (keys.log.key_id,), ("emergency",)),)

    def entry(
        self,
        *signers: Signer,
        title: str = "山洪红色预警",
        record: str = "E000000001",
        hours: float = 1,
        version: int = 1,
        feed: str = EMERGENCY_FEED,
        regions: tuple[str, ...] = (),
    ) -> Entry:
        """Return a notice that these people signed; it ends so many hours from now."""
        notice = EmergencyNotice(
            record, title, "风险极高。", "请远离河道。", "县指挥部", Level.RED, regions
        )
        body, now = body_bytes(notice), int(wall_now().timestamp())
        said = Statement(
            feed,
            record,
            version,
            Action.PUT,
            sha256_hex(body),
            len(body),
            "u-drafter",
            now - 2 * HOUR,
            int(now + hours * HOUR),
        )
        approvals = tuple(one.sign(said.signed_bytes()) for one in signers)
        return Entry(said, approvals, *pack(body))

    def cancelling(self, *signers: Signer, version: int) -> Entry:
        now = int(wall_now().timestamp())
        said = Statement(
            EMERGENCY_FEED, "E000000001", version, Action.DELETE, "", 0, "u-drafter", now
        )
        return Entry(said, tuple(one.sign(said.signed_bytes()) for one in signers), *pack(b""))

    def append(self, entry: Entry) -> LogLine:
        log, keys = self.siege.zone.emergencies, self.siege.zone.keys
        line = keys.link(entry, after=log[-1].link if log else None)
        log.append(line)
        return line

    async def strike(self, entry: Entry) -> None:
        """Put it into the emergency log as whoever holds the log key can, and push it."""
        line = self.append(entry)
        self.siege.since = len(self.siege.zone.reports)
        await self.siege.push(topics.log(EMERGENCY_FEED), line_to_bytes(line))
        await self.siege.strike()

    def standing(self) -> list[str]:
        """Return the titles that would take over the screens now, by the terminal's clock."""
        siege = self.siege
        now = int(siege.clock.now().timestamp())
        with closing(ReplicaReader(siege.home.replica, siege.root)) as reader:
            found = reader.notices().standing(region=REGION, now=now)
        return [one.record.title for one in found]

    def applied(self) -> int:
        marks = self.siege.zone.reports[-1].applied
        return marks[EMERGENCY_FEED].sequence if EMERGENCY_FEED in marks else 0

    async def shows(self, *titles: str) -> None:
        await until(lambda: self.standing() == list(titles))


@pytest.fixture
async def alarms(tmp_path: Path) -> AsyncIterator[Alarms]:
    one = Alarms()
    async with besieged(tmp_path, prepare=one.prepare) as siege:
        one.siege = siege
        yield one


async def test_two_wardens_reach_the_screen_and_take_it_back(alarms: Alarms) -> None:
    """What must work, so that the refusals below mean something."""
    await alarms.strike(alarms.entry(*alarms.wardens))
    await alarms.shows("山洪红色预警")

    await alarms.strike(alarms.cancelling(*alarms.wardens, version=2))

    await alarms.shows()


async def test_an_emergency_of_one_warden(alarms: Alarms) -> None:
    await alarms.strike(alarms.entry(alarms.wardens[0]))

    await alarms.siege.reported("entry_refused:too_few_approvals")
    assert alarms.standing() == []


async def test_an_emergency_of_one_warden_signing_twice(alarms: Alarms) -> None:
    await alarms.strike(alarms.entry(alarms.wardens[0], alarms.wardens[0]))

    await alarms.siege.reported("entry_refused:too_few_approvals")
    assert alarms.standing() == []


async def test_an_emergency_of_the_countys_document_approvers(alarms: Alarms) -> None:
    """Who may publish documents does not thereby take over screens."""
    keys = alarms.siege.zone.keys

    await alarms.strike(alarms.entry(keys.approver, keys.second))

    await alarms.siege.reported("entry_refused:unknown_key")
    assert alarms.standing() == []


async def test_an_emergency_smuggled_into_the_documents_feed(alarms: Alarms) -> None:
    """Truly approved by an approver, for the feed in which approvers count: of the wrong kind."""
    siege = alarms.siege
    siege.zone.keys.append(alarms.entry(siege.zone.keys.approver, feed=FEED))

    await siege.strike()

    await siege.reported("entry_refused:wrong_kind")
    assert alarms.standing() == []
    await siege.recovers()


async def test_a_document_smuggled_into_the_emergency_feed(alarms: Alarms) -> None:
    keys = alarms.siege.zone.keys
    entry = keys.entry(document("X000000001"), *alarms.wardens, feed=EMERGENCY_FEED)
    await alarms.strike(entry)

    await alarms.siege.reported("entry_refused:wrong_kind")
    assert alarms.siege.titles() == {GOOD}


async def test_an_expired_emergency(alarms: Alarms) -> None:
    """True in its day, sent when its end has passed: it is kept in the chain and shown to nobody."""
    await alarms.strike(alarms.entry(*alarms.wardens, hours=-1))

    await until(lambda: alarms.applied() == 1)
    assert alarms.standing() == []
    assert alarms.siege.titles() == {GOOD, "山洪红色预警"}
    assert alarms.siege.zone.reports[-1].glass == ()


async def test_an_emergency_whose_end_was_moved(alarms: Alarms) -> None:
    """A day more, under the signatures of those who signed an hour."""
    entry = alarms.entry(*alarms.wardens, hours=-1)
    later = replace(entry.statement, expires=entry.statement.expires + 24 * HOUR)

    await alarms.strike(replace(entry, statement=later))

    await alarms.siege.reported("entry_refused:body_changed")
    assert alarms.standing() == []


async def test_an_emergency_replayed_after_it_was_cancelled(alarms: Alarms) -> None:
    entry = alarms.entry(*alarms.wardens, hours=5)
    await alarms.strike(entry)
    await alarms.shows("山洪红色预警")
    await alarms.strike(alarms.cancelling(*alarms.wardens, version=2))
    await alarms.shows()

    await alarms.strike(entry)

    await alarms.siege.reported("entry_refused:not_newer")
    assert alarms.standing() == []


async def test_a_cancelling_of_one_warden(alarms: Alarms) -> None:
    await alarms.strike(alarms.entry(*alarms.wardens, hours=5))
    await alarms.shows("山洪红色预警")

    await alarms.strike(alarms.cancelling(alarms.wardens[0], version=2))

    await alarms.siege.reported("entry_refused:too_few_approvals")
    assert alarms.standing() == ["山洪红色预警"]


async def test_an_old_line_pushed_again(alarms: Alarms) -> None:
    """The broker repeats the first line after the second: it is behind and counts nothing."""
    first = alarms.append(alarms.entry(*alarms.wardens, hours=5))
    await alarms.strike(alarms.cancelling(*alarms.wardens, version=2))
    await until(lambda: alarms.applied() == 2)

    for _ in range(20):
        await alarms.siege.push(topics.log(EMERGENCY_FEED), line_to_bytes(first))
    await alarms.siege.strike()

    await alarms.siege.recovers()
    assert alarms.standing() == []


async def test_a_clock_set_back_revives_no_emergency(alarms: Alarms) -> None:
    """The battery dies after the end: by the clock of 1970 it would stand for ever."""
    await alarms.strike(alarms.entry(*alarms.wardens, hours=-0.5))
    await until(lambda: alarms.applied() == 1)
    alarms.siege.zone.keys._times = count(int(wall_now().timestamp()))
    alarms.siege.zone.keys.publish(document("D000000002", title="今天的通知"))
    await alarms.siege.strike()
    await until(lambda: "D000000002" in alarms.siege.glass())

    for when in (timedelta(days=-40), datetime(1970, 1, 2, tzinfo=UTC) - wall_now()):
        alarms.siege.clock.shift = when
        alarms.siege.since = len(alarms.siege.zone.reports)
        await alarms.siege.restart()
        await alarms.siege.reported("clock_behind")
        assert alarms.standing() == []


async def test_heads_of_the_far_future_end_no_emergency(alarms: Alarms) -> None:
    """The log key, stolen, names the year 2036: notices of today stand all the same."""
    await alarms.strike(alarms.entry(*alarms.wardens, hours=5))
    await alarms.shows("山洪红色预警")
    head = alarms.siege.zone.keys.head(at=2_100_000_000)
    await alarms.siege.push(topics.head(FEED), head_to_bytes(head))

    await alarms.siege.recovers("山洪红色预警")
    assert alarms.standing() == ["山洪红色预警"]
    alarms.siege.since = len(alarms.siege.zone.reports)
    await alarms.siege.restart()
    await alarms.siege.reported("clock_behind")
    assert alarms.standing() == ["山洪红色预警"]


async def test_an_emergency_for_another_region(alarms: Alarms) -> None:
    await alarms.strike(alarms.entry(*alarms.wardens, regions=("440000",)))

    await until(lambda: alarms.applied() == 1)
    assert alarms.standing() == []


async def test_an_emergency_put_into_the_copy_on_disk(alarms: Alarms) -> None:
    keys = alarms.siege.zone.keys
    line = keys.link(alarms.entry(keys.log, keys.approver, hours=9), after=None)

    alarms.siege.on_disk(
        "INSERT INTO entry (record, feed, version, kind, sorted_by, line)"
        " VALUES ('E000000001', ?, 1, 'emergency', '9999', ?)",
        EMERGENCY_FEED,
        line_to_bytes(line),
    )

    assert alarms.standing() == []
    await alarms.siege.reported("replica_tampered")
