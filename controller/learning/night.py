"""The child process of a night: learns a model from a copy of what is published, and judges it beside the one in use.

It reads and writes one folder and nothing else, and takes no more time and memory than it is given.
"""

import os
import resource
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import apsw
import msgspec

from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord
from content.feed.body import read_body
from content.feed.kept import kept_from_bytes
from content.replica.indexing import IndexWriter
from content.replica.searching import IndexReader, Models
from content.search.curated import CuratedWords, curation_for
from content.search.learned import Learned, gram_hashes
from content.search.passages import passage
from content.search.request import SearchRequest
from content.search.vectors import to_code
from controller.learning.gate import AT, Question, Score, score
from controller.learning.model import Answered, ModelMaker, Passage
from controller.learning.training import sentences

TASK, COPY, HELD, MADE, RESULT = (
    "task.json",
    "replica.db",
    "held.bin",
    "made.bin",
    "result.json",
)
"""Files of the folder: what to do, what is published, the model in use, the new one, what came of it."""
FEWEST_RECORDS = 20
FEWEST_TO_WEIGH = 20
"""Answered questions from which the weights of the model are picked; below, those of docs/adr/0018 stay."""
GUARDS = 150
GAP = 4
SHORTEST, LONGEST = 8, 40
MEANINGS = (0.0, 15.0, 30.0, 50.0, 80.0)
PRIORS = (0.0, 2.5, 5.0)


class Task(msgspec.Struct):
    """What to learn from, and what to judge on.

    Attributes:
        region: whose terminals it is judged for.
        words: the curated words in force.
        answered: questions to learn from.
        judged: set -> questions that the model never learns from.
        cpu_s, memory: limits of the process, in seconds and bytes.
    """

    region: str
    words: list[CuratedWords] = msgspec.field(default_factory=list)
    answered: list[Question] = msgspec.field(default_factory=list)
    judged: dict[str, list[Question]] = msgspec.field(default_factory=dict)
    cpu_s: int = 1800
    memory: int = 1 << 30


class Result(msgspec.Struct):
    """What came of it. `model` is "" where there was too little to learn from."""

    model: str = ""
    records: int = 0
    questions: int = 0
    before: dict[str, Score] = msgspec.field(default_factory=dict)
    after: dict[str, Score] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Text:
    """A published record: its row in the copy, its id, and what a model reads of it."""

    row: int
    record: str
    passage: Passage
    whole: str


Make = Callable[[Sequence[Text], Sequence[Answered]], Learned]


class Copy:
    """The copy of what is published, searched with one model or another."""

    def __init__(self, path: Path, task: Task) -> None:
        self._db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        self._db.pragma("synchronous", 0)
        self._reader = IndexReader(self._rows)
        self._reader.curate(curation_for(task.region, task.words))
        self._index = IndexWriter(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def texts(self) -> tuple[Text, ...]:
        """Return all documents and items."""
        found = []
        for row, record, line in self._rows(
            "SELECT row, record, line FROM entry WHERE kind IN ('document', 'item') ORDER BY row",
            (),
        ):
            held = read_body(kept_from_bytes(bytes(line)).body())
            if isinstance(held, DisclosureRecord | CatalogItem):
                kind = "item" if isinstance(held, CatalogItem) else "document"
                whole = passage(held)
                body = whole.partition("\n")[2]
                found.append(Text(row, record, Passage(kind, held.domain, held.title, body), whole))
        return tuple(found)

    def judge(
        self, texts: Sequence[Text], model: Learned | None, judged: Mapping[str, Sequence[Question]]
    ) -> dict[str, Score]:
        """Return set -> what a search with this model reaches."""
        self.use(texts, model)
        return {name: self.reached(questions) for name, questions in judged.items()}

    def use(self, texts: Sequence[Text], model: Learned | None) -> None:
        """Search with a model, its vectors made first."""
        if model is not None:
            with self._db:
                for one in texts:
                    vector = model.encode_hashes(gram_hashes(one.whole))
                    if vector is not None:
                        self._index.put_code(one.row, model.name, to_code(vector))
        self.weigh(model)

    def weigh(self, model: Learned | None) -> None:
        """Search with a model whose vectors are there."""
        self._reader.use(Models(model, None))

    def reached(self, questions: Sequence[Question]) -> Score:
        """Return the score of questions as the search stands."""
        ranked = [
            [hit.record for hit in self._reader.rank(SearchRequest(one.text, AT))[:AT]]
            for one in questions
        ]
        return score(questions, ranked)

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple]:  # type: ignore[type-arg]
        rows: list[tuple] = self._db.execute(sql, values).fetchall()  # type: ignore[type-arg]
        return rows


def run(folder: Path) -> Result:
    """Do the night's work in this folder, within the limits of its task."""
    task = msgspec.json.decode((folder / TASK).read_bytes(), type=Task)
    _limit(task)
    held_file = folder / HELD
    held = Learned.from_bytes(held_file.read_bytes()) if held_file.exists() else None
    with closing(Copy(folder / COPY, task)) as copy:
        result = _learn_and_judge(copy, task, held, out=folder / MADE)
    (folder / RESULT).write_bytes(msgspec.json.encode(result))
    return result


def _limit(task: Task) -> None:
    """Take no more than was given; the machine serves citizens meanwhile."""
    os.nice(19)
    resource.setrlimit(resource.RLIMIT_CPU, (task.cpu_s, task.cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (task.memory, task.memory))


def _learn_and_judge(copy: Copy, task: Task, held: Learned | None, *, out: Path) -> Result:
    texts = copy.texts()
    places = {one.record: at for at, one in enumerate(texts)}
    known = [
        (one, frozenset(places[right] for right in one.right if right in places))
        for one in task.answered
    ]
    answered = [(one, Answered(one.text, answers)) for one, answers in known if answers]
    result = Result(records=len(texts), questions=len(answered))
    if len(texts) < FEWEST_RECORDS or not any(task.judged.values()):
        return result
    maker = ModelMaker([one.passage for one in texts], progress=lambda _: None)
    weights = _weights(copy, texts, maker, answered)
    made = weighed(maker.make([one for _, one in answered]), *weights)
    out.write_bytes(made.to_bytes())
    result.model = made.name
    judged = {**task.judged, **guards(texts)}
    result.before = copy.judge(texts, held, judged)
    result.after = copy.judge(texts, made, judged)
    return result


def guards(texts: Sequence[Text]) -> dict[str, list[Question]]:
    """Return sets that hold in any zone: a title with gaps, and a sentence of a document, find what they are from.

    They keep a model from taking from those who quote what it gives to those who ask in their own words.
    """
    same: dict[str, list[str]] = defaultdict(list)
    for one in texts:
        same[one.passage.title].append(one.record)
    titles = [
        Question("".join(sign for at, sign in enumerate(title) if at % GAP), tuple(records))
        for title, records in sorted(same.items(), key=lambda pair: zlib.crc32(pair[0].encode()))
        if len(title) > SHORTEST
    ]
    quoted = []
    for one in texts:
        said = [part for part in sentences(one.passage.text) if SHORTEST < len(part) <= LONGEST]
        if one.passage.group == "document" and said:
            quoted.append(Question(said[len(said) // 2], (one.record,)))
    quoted.sort(key=lambda question: zlib.crc32(question.text.encode()))
    return {"titles": titles[:GUARDS], "sentences": quoted[:GUARDS]}


def _weights(
    copy: Copy,
    texts: Sequence[Text],
    maker: ModelMaker,
    answered: Sequence[tuple[Question, Answered]],
) -> tuple[float, float]:
    """Return how much meaning and prior are to count: what does best on answered questions not learned from."""
    kept = [pair for pair in answered if half_of(pair[0].text)]
    others = [question for question, _ in answered if not half_of(question.text)]
    if min(len(kept), len(others)) < FEWEST_TO_WEIGH:
        return 50.0, 5.0
    model = maker.make([one for _, one in kept])
    copy.use(texts, model)
    best, most = (0.0, 0.0), -1.0
    for meaning in MEANINGS:
        for prior in PRIORS if meaning else (0.0,):
            copy.weigh(replace(model, meaning=meaning, prior=prior))
            reached = copy.reached(others).mrr
            if reached > most:
                best, most = (meaning, prior), reached
    return best


def weighed(model: Learned, meaning: float, prior: float) -> Learned:
    """Return the model with other weights, under a name of its own."""
    mark = f"{zlib.crc32(model.to_bytes() + f'{meaning} {prior}'.encode()):08x}"
    return replace(model, meaning=meaning, prior=prior, name=f"{model.name[:20]}-{mark}")


def half_of(text: str) -> bool:
    """Say in which half a question lies: always the same one, whatever else is asked."""
    return zlib.crc32(text.encode()) % 2 == 0
