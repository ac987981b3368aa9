"""The search index goes with the text: in one transaction, through edits, healing and other versions."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from content.disclosure.record import DisclosureRecord
from content.feed.body import Record, read_body
from content.feed.kept import kept_from_bytes
from content.replica import searching
from content.replica.indexing import disagreements
from content.replica.replica import ReplicaReader, ReplicaWriter, open_writer
from content.search.request import Curation, SearchRequest, Why
from tests.support.signers import FEED, ZoneKeys, document, item

NOW = 1_790_000_500


def read_line(line: bytes) -> Record:
    return read_body(kept_from_bytes(line).body())


def wrong_in(path: Path) -> tuple[str, ...]:
    with closing(apsw.Connection(str(path))) as disk:
        return disagreements(disk, read_line)


def test_an_edited_item_is_found_by_its_new_words_and_no_longer_by_the_old(
    path: Path, keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    keys.publish(item())
    writer.apply(FEED, keys.lines, now=NOW)

    edited = keys.publish(item(title="农机购置与应用补贴", aliases=()), version=2)
    writer.apply(FEED, [edited], now=NOW)

    assert [hit.found.version for hit in reader.search("农机").hits] == [2]
    assert reader.search("最低生活").total == 0
    assert wrong_in(path) == ()


def test_a_word_that_nothing_held_is_found_as_soon_as_an_edit_brings_it(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    for at in range(60):
        keys.publish(document(f"D0000001{at:02}"))
    writer.apply(FEED, keys.lines, now=NOW)
    assert reader.search("农机").total == 0

    new = keys.publish(item(title="农机购置与应用补贴"))
    writer.apply(FEED, [new], now=NOW)

    assert [hit.found.record.id for hit in reader.search("农机").hits] == ["T000000001"]


def test_index_and_text_agree_after_edits_and_withdrawals(
    path: Path, keys: ZoneKeys, writer: ReplicaWriter
) -> None:
    keys.publish(document())
    keys.publish(item())
    keys.publish(document(text="每人每月900元。"), version=2)
    writer.apply(FEED, keys.lines, now=NOW)
    writer.forget(FEED)
    writer.apply(FEED, keys.lines, now=NOW)

    assert wrong_in(path) == ()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM search WHERE rowid = 1",
        "INSERT INTO search (rowid, title, body, pinyin, initials) VALUES (9, '危房', '', '', '')",
        "UPDATE search SET title = '危房', body = '', pinyin = '', initials = '' WHERE rowid = 1",
        "DELETE FROM suggestion WHERE row = 1",
        "UPDATE bag SET title = '别的'",
        "UPDATE bag SET terms = x'00'",
        "DELETE FROM bag WHERE row = 1",
        "UPDATE corpus SET records = 7",
        "UPDATE plain SET text = x'00'",
        "DELETE FROM plain",
        "INSERT INTO plain VALUES (9, x'00')",
    ],
)
def test_any_disagreement_of_index_and_text_is_seen(
    damage: str, path: Path, keys: ZoneKeys, writer: ReplicaWriter
) -> None:
    keys.publish(document(text="每人每月900元。" * 99))
    writer.apply(FEED, keys.lines, now=NOW)
    assert wrong_in(path) == ()

    with closing(apsw.Connection(str(path))) as disk:
        disk.execute(damage)

    assert wrong_in(path) != ()


def test_an_index_of_another_version_is_made_anew_at_the_start(
    path: Path, keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    keys.publish(document())
    keys.publish(item())
    writer.apply(FEED, keys.lines, now=NOW)
    with closing(apsw.Connection(str(path))) as disk:
        disk.execute("DELETE FROM kept WHERE name = 'search_format'")
        disk.execute("DELETE FROM bag")
        disk.execute("INSERT INTO search (search) VALUES ('delete-all')")
    assert reader.search("最低生活保障").total == 0

    open_writer(path, keys.trust_root).close()

    assert reader.search("最低生活保障").total == 2
    assert wrong_in(path) == ()


def test_each_hit_says_why_it_is_there(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    keys.publish(document())
    keys.publish(item())
    writer.apply(FEED, keys.lines, now=NOW)

    def why(text: str) -> str:
        return reader.search(text).hits[0].why

    assert why("最低生活保障审核确认") == Why.EXACT
    assert why("低保申请") == Why.ALIAS
    assert why("示政办发2026 12") == Why.NUMBER
    assert why("zuidishenghuo") == Why.PINYIN
    assert why("生活保障标准") == Why.TEXT
    assert why("吃低保") == Why.SYNONYM


def test_curated_words_lead_and_say_so(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    keys.publish(document())
    keys.publish(item())
    writer.apply(FEED, keys.lines, now=NOW)

    reader.curate(
        Curation(
            aliases={"T000000001": ("糊口钱",)},
            synonyms=(("养家费", "居民最低生活保障标准"),),
            best_bets={"最低生活": ("T000000001",)},
        )
    )

    first = reader.search("最低生活").hits[0]
    assert (first.found.record.id, first.why) == ("T000000001", Why.BEST_BET)
    named = reader.search("糊口钱在哪领").hits[0]
    assert (named.found.record.id, named.why, named.through) == (
        "T000000001",
        Why.ALIAS,
        "糊口钱",
    )
    assert reader.search("养家费").hits[0].why == Why.SYNONYM


def test_the_nearest_region_comes_first_and_another_county_last(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    for at, region in enumerate(("519900", "519901001", "420000")):
        keys.publish(replace(document(f"D00000001{at}"), region=region))
    writer.apply(FEED, keys.lines, now=NOW)

    reader.curate(Curation(region_chain=("519901001", "519901", "519900", "5199", "51")))

    records = [hit.found.record for hit in reader.search("生活保障").hits]
    regions = [one.region for one in records if isinstance(one, DisclosureRecord)]
    assert regions == ["519901001", "519900", "420000"]


def test_only_the_wanted_kind_is_found(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    keys.publish(document())
    keys.publish(item())
    writer.apply(FEED, keys.lines, now=NOW)

    found = reader.find(SearchRequest("最低生活保障", kinds=frozenset({"item"})))

    assert [hit.found.record.id for hit in found.hits] == ["T000000001"]


def test_the_same_question_is_searched_anew_once_content_words_or_models_change(
    keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    keys.publish(item())
    writer.apply(FEED, keys.lines, now=NOW)
    assert [hit.found.version for hit in reader.search("最低生活").hits] == [1]

    edited = keys.publish(item(aliases=()), version=2)
    writer.apply(FEED, [edited], now=NOW)
    assert [hit.found.version for hit in reader.search("最低生活").hits] == [2]

    second = keys.publish(item("T000000002", title="最低生活用水补助"))
    writer.apply(FEED, [second], now=NOW)
    assert reader.search("最低生活").total == 2

    reader.curate(Curation(best_bets={"最低生活": ("T000000002",)}))
    first = reader.search("最低生活").hits[0]
    assert (first.found.record.id, first.why) == ("T000000002", Why.BEST_BET)
    assert reader.find(SearchRequest("最低生活", kinds=frozenset({"document"}))).total == 0


@pytest.mark.parametrize("titled", [3, 8])
def test_of_a_word_that_nearly_all_hold_those_called_so_come_first_and_no_text_is_lost(
    titled: int,
    keys: ZoneKeys,
    writer: ReplicaWriter,
    reader: ReplicaReader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "MOST_POSTINGS", 20)
    monkeypatch.setattr(searching, "MOST_HITS", 6)
    for at in range(30):
        names = {"title": f"第{at}号证照变更"} if at < titled else {"steps": ("办理变更",)}
        keys.publish(replace(item(f"T{at:09}"), **names))
    writer.apply(FEED, keys.lines, now=NOW)

    found = [hit.found.record.title for hit in reader.search("变更", limit=20).hits]

    assert len(found) == 6
    assert ["变更" in title for title in found] == [at < titled for at in range(6)]
