"""What a rollout keeps back is not shown, and nothing else changes by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from content.errors import NotFound
from content.feed.body import Record
from content.programme.emergency import EmergencyNotice, Level
from content.replica.reader import ReplicaReader
from content.replica.withheld import may_be_kept_back
from devices.agent.disk import DiskReplica
from tests.support.fake_link import FakeClock
from tests.support.signers import FEED, ZoneKeys, document, item

NEW = "D000000002"


@pytest.fixture
def keys() -> ZoneKeys:
    return ZoneKeys()


@pytest.fixture
def copy(tmp_path: Path, keys: ZoneKeys) -> Iterator[DiskReplica]:
    made = DiskReplica(tmp_path / "replica.db", keys.trust_root, clock=FakeClock())
    made.accept_policy(keys.policy().to_bytes())
    keys.publish(document())
    keys.publish(item())
    keys.publish(document(NEW, title="示范县农村危房改造补助办法", text="每户三万元。"))
    made.apply(FEED, keys.lines)
    yield made
    made.close()


@pytest.fixture
def reader(tmp_path: Path, keys: ZoneKeys) -> Iterator[ReplicaReader]:
    opened = ReplicaReader(tmp_path / "replica.db", keys.trust_root)
    yield opened
    opened.close()


def shown(reader: ReplicaReader) -> list[str]:
    return sorted(one.record.id for one in reader.newest("document", limit=10))


def test_what_is_kept_back_is_nowhere_to_be_found_and_comes_back(
    copy: DiskReplica, reader: ReplicaReader
) -> None:
    assert NEW in shown(reader)

    copy.withhold((NEW,))

    assert shown(reader) == ["D000000001"]
    hits = reader.search("危房改造").hits
    assert NEW not in [hit.found.record.id for hit in hits]
    assert reader.suggest("示范县农村") == ()
    with pytest.raises(NotFound):
        reader.get(NEW)
    assert reader.tampered() == ()

    copy.withhold(())
    assert NEW in shown(reader)
    assert reader.get(NEW).record.id == NEW


def test_what_is_held_and_how_far_it_is_does_not_change(copy: DiskReplica) -> None:
    before = copy.marks()

    copy.withhold((NEW,))

    assert copy.marks() == before
    assert copy.scrub(after="", limit=10) == ("", ())
    assert copy.is_sound(NEW)


def test_a_withdrawal_gets_through_to_what_is_kept_back(
    copy: DiskReplica, reader: ReplicaReader, keys: ZoneKeys
) -> None:
    copy.withhold((NEW,))
    line = keys.append(keys.deletion(NEW, version=2))
    copy.apply(FEED, (line,))
    copy.withhold(())

    assert NEW not in shown(reader)


def test_it_outlives_a_restart_and_a_file_that_is_begun_anew(
    tmp_path: Path, copy: DiskReplica, reader: ReplicaReader, keys: ZoneKeys
) -> None:
    copy.withhold((NEW,))
    copy.close()
    copy.marks()
    assert NEW not in shown(reader)

    copy.close()
    reader.close()
    for one in tmp_path.glob("replica.db*"):
        one.unlink()
    copy.accept_policy(keys.policy().to_bytes())
    copy.apply(FEED, keys.lines)

    assert shown(reader) == ["D000000001"]


@pytest.mark.parametrize("record", [document(), item()])
def test_documents_and_items_can_be_kept_back(record: Record) -> None:
    assert may_be_kept_back(record)


def test_an_emergency_notice_cannot_be_kept_back() -> None:
    notice = EmergencyNotice(
        "E000000001", "暴雨红色预警", "暴雨。", "请避险。", "示例局", Level.RED
    )

    assert not may_be_kept_back(notice)
