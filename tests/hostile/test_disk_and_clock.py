"""Attacks on the terminal itself: a hand on its disk, a clock that is wrong."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import apsw
import pytest

from content.feed.body import body_bytes
from content.feed.entry import line_to_bytes, pack
from content.replica.writer import ReplicaWriter
from tests.support.besieged import GOOD, LIE, LIE_ID, NEXT, Siege
from tests.support.mosquitto import HAS_MOSQUITTO, until
from tests.support.signers import FEED, ZoneKeys, document
from tests.support.zone_ca import wall_now

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]
FORGED = "每人每月270元"


async def test_a_text_changed_in_the_copy(siege: Siege) -> None:
    honest = siege.zone.keys.lines[0]
    packing, packed = pack(body_bytes(document(title=GOOD, text=FORGED)))
    forged = replace(honest, entry=replace(honest.entry, packing=packing, packed=packed))
    before = siege.glass()

    siege.on_disk("UPDATE entry SET line = ?", line_to_bytes(forged))

    assert siege.glass() in ({}, before)
    await siege.reported("replica_tampered")
    await until(lambda: siege.glass() == before)


async def test_a_lie_put_into_the_copy(siege: Siege) -> None:
    """A whole row, index and all, with the log key's own signature on its link."""
    keys = siege.zone.keys
    line = keys.link(siege.lie(), after=keys.lines[-1].link)

    siege.on_disk(
        "INSERT INTO entry (record, feed, version, kind, sorted_by, line)"
        " VALUES (?, ?, 1, 'document', '9999', ?)",
        LIE_ID,
        FEED,
        line_to_bytes(line),
    )

    assert LIE_ID not in siege.glass()
    await siege.reported("replica_tampered")
    assert siege.titles() == {GOOD}


async def test_two_approved_texts_exchanged(siege: Siege) -> None:
    siege.zone.keys.publish(document("D000000002", title=NEXT))
    await siege.strike()
    await siege.shows(GOOD, NEXT)
    before = siege.glass()
    with closing(apsw.Connection(str(siege.home.replica))) as disk:
        found = disk.execute("SELECT record, line FROM entry").fetchall()
        rows: dict[str, bytes] = {str(record): bytes(line) for record, line in found}  # type: ignore[arg-type]

    siege.on_disk("UPDATE entry SET line = ? WHERE record = 'D000000001'", rows["D000000002"])

    shown = siege.glass()
    assert {one: shown[one] for one in shown if one in before} == {
        one: before[one] for one in shown
    }
    await siege.reported("replica_tampered")
    await until(lambda: siege.glass() == before)


async def test_the_kept_policy_exchanged_for_ones_own(siege: Siege) -> None:
    """With it the attacker's keys would count, if his policy did."""
    own = ZoneKeys()
    line = own.link(own.entry(document(LIE_ID, title=LIE)), after=None)

    siege.on_disk("UPDATE kept SET value = ? WHERE name = 'policy'", own.policy().to_bytes())
    siege.on_disk(
        "INSERT INTO entry (record, feed, version, kind, sorted_by, line)"
        " VALUES (?, ?, 1, 'document', '9999', ?)",
        LIE_ID,
        FEED,
        line_to_bytes(line),
    )

    assert LIE_ID not in siege.glass()
    await siege.reported("replica_tampered")
    await siege.shows(GOOD)


async def test_the_whole_copy_exchanged_for_another_zones(siege: Siege, tmp_path: Path) -> None:
    own, path = ZoneKeys(), tmp_path / "other.db"
    own.publish(document(LIE_ID, title=LIE))
    with closing(ReplicaWriter(path, own.trust_root)) as writer:
        writer.accept_policy(own.policy().to_bytes())
        writer.apply(FEED, own.lines, now=1)
    await siege.stop()
    for part in siege.home.path.glob("replica.db*"):
        part.unlink()
    path.replace(siege.home.replica)

    assert siege.glass() == {}
    siege.since = len(siege.zone.reports)
    await siege.start()

    await siege.reported("replica_tampered")
    await siege.shows(GOOD)


async def test_search_suggestions_changed_on_disk(siege: Siege) -> None:
    """The index is not signed; it may only point, what it points at speaks for itself."""
    siege.on_disk("INSERT OR REPLACE INTO suggestion SELECT ?, row FROM entry", LIE)
    siege.on_disk("INSERT OR REPLACE INTO suggestion SELECT 'luotuo', row FROM entry")

    assert LIE_ID not in siege.glass()
    await siege.reported("replica_tampered")
    await until(lambda: siege.held("SELECT 1 FROM suggestion WHERE key = 'luotuo'") == [])
    assert siege.titles() == {GOOD}


async def test_a_true_document_hidden_from_search_on_disk(siege: Siege) -> None:
    """Nothing false is shown, and yet the people are kept from what is theirs to read."""
    siege.on_disk("DELETE FROM suggestion")
    siege.on_disk("DELETE FROM bag")

    await siege.reported("replica_tampered")
    await until(lambda: siege.held("SELECT 1 FROM suggestion LIMIT 1") != [])
    assert siege.titles() == {GOOD}


@pytest.mark.parametrize("length", [0, 100, 5000])
async def test_a_copy_cut_off_on_disk(siege: Siege, length: int) -> None:
    await siege.remembers(1)
    await siege.stop()
    for part in siege.home.path.glob("replica.db-*"):
        part.unlink()
    data = siege.home.replica.read_bytes()
    siege.home.replica.write_bytes(data[:length] + b"\xa5" * (length and 4096))

    assert LIE_ID not in siege.glass()
    siege.since = len(siege.zone.reports)
    await siege.start()

    await siege.reported("replica_set_back")
    await siege.shows(GOOD)


@pytest.mark.parametrize(
    "when", [timedelta(days=40), timedelta(days=-40), datetime(1970, 1, 2, tzinfo=UTC) - wall_now()]
)
async def test_a_wrong_clock(siege: Siege, when: timedelta) -> None:
    """Forty days ahead, forty behind, or back at the beginning: content goes on, new content too."""
    siege.zone.keys._times = count(int(wall_now().timestamp()))
    await siege.strike()
    await until(lambda: siege.held("SELECT 1 FROM feed WHERE head_at > 1795000000") != [])
    siege.clock.shift = when
    await siege.stop()
    siege.since = len(siege.zone.reports)
    await siege.start()

    await siege.reported("clock_behind" if when < timedelta() else "feed_")
    await siege.shows(GOOD)
    await siege.recovers()


async def test_the_whole_copy_set_back_to_an_earlier_day(siege: Siege) -> None:
    """A true copy of yesterday, put back: the terminal fetches what has come since."""
    await siege.stop()
    yesterday = {part: part.read_bytes() for part in siege.home.path.glob("replica.db*")}
    await siege.start()
    siege.zone.keys.publish(document("D000000002", title=NEXT))
    await siege.strike()
    await siege.shows(GOOD, NEXT)
    await siege.remembers(2)
    await siege.stop()
    for part in siege.home.path.glob("replica.db*"):
        part.unlink()
    for part, data in yesterday.items():
        part.write_bytes(data)

    siege.since = len(siege.zone.reports)
    await siege.start()

    await siege.reported("replica_set_back")
    await siege.shows(GOOD, NEXT)
