"""The replica shows verified content only, finds it, and heals."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from content.errors import NotFound
from content.feed.entry import line_to_bytes
from content.feed.policy import PolicyRefused
from content.feed.verify import Reason, Refused
from content.replica.replica import NoPolicy, ReplicaReader, ReplicaWriter, open_writer
from tests.support.signers import FEED, Signer, ZoneKeys, document, item

NOW = 1_790_000_500


def fill(keys: ZoneKeys, writer: ReplicaWriter) -> None:
    keys.publish(document())
    keys.publish(item())
    keys.publish(
        document(
            "D000000002",
            title="示范县农村危房改造补助办法",
            number="示政发〔2026〕3号",
            text="每户三万元。",
        )
    )
    writer.apply(FEED, keys.lines, now=NOW)


def test_a_published_document_is_read_back_whole(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    fill(keys, writer)

    found = reader.get("D000000001")

    assert found.record == document()
    assert found.approvers == ("u-approver",)
    assert reader.sequences() == {FEED: 3}


def test_nothing_is_applied_before_a_policy(path: Path, keys: ZoneKeys) -> None:
    writer = ReplicaWriter(path, keys.trust_root)

    with pytest.raises(NoPolicy):
        writer.apply(FEED, [keys.publish(document())], now=NOW)
    writer.close()


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("低保", "最低生活保障审核确认"),
        ("dbsq", "最低生活保障审核确认"),
        ("zuidishenghuo", "最低生活保障审核确认"),
        ("危房改造", "示范县农村危房改造补助办法"),
        ("危防改造", "示范县农村危房改造补助办法"),
        ("weifanggaizao", "示范县农村危房改造补助办法"),
        ("示政办发〔2026〕12号", "关于提高城乡居民最低生活保障标准的通知"),
        ("示政办发[2026]12号", "关于提高城乡居民最低生活保障标准的通知"),
        ("2026年12号", "关于提高城乡居民最低生活保障标准的通知"),
        ("危房改造補助", "示范县农村危房改造补助办法"),
        ("农村低保一个月多少钱", "关于提高城乡居民最低生活保障标准的通知"),
    ],
)
def test_it_is_found_as_people_type_it(
    typed: str, title: str, keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    fill(keys, writer)

    results = reader.search(typed)

    assert title in [hit.found.record.title for hit in results.hits[:2]]


@pytest.mark.parametrize(
    "typed", ["", " ", "〔〕", "!!!", '" OR 1', "title:", "x" * 500, "低保*(", "NEAR("]
)
def test_odd_queries_find_little_and_never_fail(
    typed: str, keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    fill(keys, writer)

    assert reader.search(typed).total <= 3
    assert len(reader.suggest(typed)) <= 3


def test_the_marks_cover_what_was_asked(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    fill(keys, writer)

    hit = next(iter(reader.search("危房改造").hits))

    assert [hit.found.record.title[start:end] for start, end in hit.title_marks] == ["危房改造"]


def test_a_document_changed_on_disk_is_not_shown_and_is_reported(
    path: Path, keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    fill(keys, writer)
    forged = keys.lines[0].entry
    other = ZoneKeys().entry(document(text="每人每月7200元。"))
    evil = replace(keys.lines[0], entry=replace(forged, packed=other.packed))
    with closing(apsw.Connection(str(path))) as disk:
        disk.execute(
            "UPDATE entry SET line = ? WHERE record = 'D000000001'", (line_to_bytes(evil),)
        )

    with pytest.raises(Refused) as caught:
        reader.get("D000000001")

    assert caught.value.reason is Reason.BODY_CHANGED
    assert [found.record.id for found in reader.newest("document", limit=5)] == ["D000000002"]
    assert "D000000001" not in [hit.found.record.id for hit in reader.search("低保").hits]
    assert reader.tampered() == (("D000000001", "body_changed"),)
    assert reader.scrub(after="", limit=10)[1] == (("D000000001", "body_changed"),)


def test_a_genuine_entry_put_in_the_place_of_another_is_not_shown(
    path: Path, keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    fill(keys, writer)
    with closing(apsw.Connection(str(path))) as disk:
        disk.execute(
            "UPDATE entry SET line = (SELECT line FROM entry WHERE record = 'D000000002')"
            " WHERE record = 'D000000001'"
        )

    with pytest.raises(Refused):
        reader.get("D000000001")


def test_a_policy_changed_on_disk_shows_nothing(
    path: Path, keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    fill(keys, writer)
    with closing(apsw.Connection(str(path))) as disk:
        disk.execute("UPDATE kept SET value = ?", (ZoneKeys().policy().to_bytes(),))

    with pytest.raises(Refused):
        reader.get("D000000001")


@pytest.mark.parametrize(
    ("signers", "reason"),
    [("drafter", Reason.DRAFTER_ALONE), ("stranger", Reason.UNKNOWN_KEY)],
)
def test_a_bad_line_stops_the_feed_and_the_good_content_stays(
    signers: str, reason: Reason, keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    fill(keys, writer)
    signer = keys.drafter if signers == "drafter" else Signer("u-approver")
    bad = keys.append(keys.entry(document("D000000003"), signer))

    with pytest.raises(Refused) as caught:
        writer.apply(FEED, [bad], now=NOW)

    assert caught.value.reason is reason
    assert reader.sequences() == {FEED: 3}
    with pytest.raises(NotFound):
        reader.get("D000000003")
    assert reader.get("D000000001").record == document()


def test_an_older_version_replayed_is_refused(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    old = keys.entry(document())
    keys.append(old)
    keys.append(keys.entry(document(text="新标准。"), version=2))
    writer.apply(FEED, keys.lines, now=NOW)
    replayed = keys.append(old)

    with pytest.raises(Refused) as caught:
        writer.apply(FEED, [replayed], now=NOW)

    assert caught.value.reason is Reason.NOT_NEWER
    assert reader.get("D000000001").version == 2


def test_a_withdrawn_document_is_gone_and_cannot_be_replayed(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    fill(keys, writer)
    writer.apply(FEED, [keys.append(keys.deletion("D000000001", version=2))], now=NOW)

    with pytest.raises(NotFound):
        reader.get("D000000001")
    found = {hit.found.record.id for hit in reader.search("城乡居民最低生活保障标准").hits}
    assert "D000000001" not in found
    with pytest.raises(Refused):
        writer.apply(FEED, [keys.publish(document())], now=NOW)


def test_a_head_behind_what_was_applied_is_a_rollback(
    keys: ZoneKeys, writer: ReplicaWriter
) -> None:
    keys.publish(document())
    early = keys.head()
    keys.publish(item())
    writer.apply(FEED, keys.lines, now=NOW)

    with pytest.raises(Refused):
        writer.note_head(early, now=NOW)
    writer.note_head(keys.head(), now=NOW)


def test_a_forgotten_feed_can_be_fetched_again_but_never_rolled_back(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    keys.publish(document())
    early = keys.head()
    keys.publish(item())
    writer.apply(FEED, keys.lines, now=NOW)

    writer.forget(FEED)

    assert reader.newest("document", limit=5) == ()
    with pytest.raises(Refused):
        writer.note_head(early, now=NOW)
    assert writer.apply(FEED, keys.lines, now=NOW) == 2
    assert reader.get("D000000001").record == document()


def test_a_rebuild_swaps_the_whole_feed_or_nothing(
    path: Path, keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    fill(keys, writer)
    with closing(apsw.Connection(str(path))) as disk:
        disk.execute("UPDATE entry SET line = x'00' WHERE record = 'D000000001'")

    with pytest.raises(Refused):
        writer.rebuild(FEED, keys.lines[:2], now=NOW)
    assert reader.sequences() == {FEED: 3}
    with pytest.raises(Refused):
        reader.get("D000000001")

    assert writer.rebuild(FEED, keys.lines, now=NOW) == 3
    assert reader.get("D000000001").record == document()


def test_a_foreign_policy_is_not_kept(writer: ReplicaWriter) -> None:
    with pytest.raises(PolicyRefused):
        writer.accept_policy(ZoneKeys().policy(version=9).to_bytes())
    assert writer.policy_version() == 1


def test_a_damaged_file_is_set_aside_and_begun_anew(path: Path, keys: ZoneKeys) -> None:
    path.write_bytes(b"not a database at all" * 500)

    writer = open_writer(path, keys.trust_root)
    writer.accept_policy(keys.policy().to_bytes())
    writer.apply(FEED, [keys.publish(document())], now=NOW)

    assert ReplicaReader(path, keys.trust_root).get("D000000001").record == document()
    assert path.with_name("replica.db.damaged").exists()
    writer.close()


def test_an_absent_replica_reads_as_empty(tmp_path: Path, keys: ZoneKeys) -> None:
    reader = ReplicaReader(tmp_path / "none.db", keys.trust_root)

    assert reader.sequences() == {}
    assert reader.newest("document", limit=3) == ()
    assert reader.search("低保").total == 0


def test_newest_comes_first(keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader) -> None:
    fill(keys, writer)

    ids = [found.record.id for found in reader.newest("document", limit=5)]

    assert ids == ["D000000002", "D000000001"]
