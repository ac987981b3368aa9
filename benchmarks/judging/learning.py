"""Models for judging: no question is ever judged by a model that has seen it."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from inspect import getfile
from pathlib import Path

from benchmarks.judging.sets import Asked, Doc, read_docs, read_queries
from content.search import analyse, learned
from content.search.learned import Learned
from controller.learning import model, training
from controller.learning.model import Answered, ModelMaker, Passage

FOLDS = 4
CODE = tuple(Path(getfile(one)) for one in (analyse, learned, model, training))
"""What a model depends on beside its texts."""


def fold_of(question: str) -> int:
    """Return which part of a set a question belongs to."""
    return zlib.crc32(question.encode()) % FOLDS


class Teacher:
    """The texts and answered questions of data/search, and models of parts of them.

    Args:
        folder: data/search; it may be absent.
        more: given documents, which are read too.
        cache: where models are kept, each under the hash of all that it was learned from.
    """

    def __init__(
        self, folder: Path, *, cache: Path, say: Callable[[str], None], more: Sequence[Doc] = ()
    ) -> None:
        self._cache = cache
        self._say = say
        self._passages: list[Passage] = []
        self._maker: ModelMaker | None = None
        known: set[tuple[str, str]] = set()
        places: dict[str, int] = {}
        for doc, group in _texts(folder):
            known.add((doc.title, doc.text))
            places.setdefault(doc.id, len(self._passages))
            self._passages.append(Passage(group, doc.category, doc.title, doc.text))
        self._passages += [
            Passage("given", "", doc.title, doc.text)
            for doc in more
            if (doc.title, doc.text) not in known
        ]
        self._answered = [
            Answered(asked.text, frozenset(places[one] for one in asked.relevant if one in places))
            for asked in _questions(folder)
        ]

    def without_fold(self, fold: int) -> Learned:
        """Return the model of all answered questions outside a fold."""
        return self._model([one for one in self._answered if fold_of(one.question) != fold])

    def without(self, judged: Iterable[Asked]) -> Learned:
        """Return the model of all answered questions but these."""
        texts = {asked.text for asked in judged}
        return self._model([one for one in self._answered if one.question not in texts])

    def _model(self, answered: Sequence[Answered]) -> Learned:
        answered = [one for one in answered if one.answers]
        file = self._cache / f"model-{self._name(answered)}.bin"
        if file.exists():
            return Learned.from_bytes(file.read_bytes())
        if self._maker is None:
            self._maker = ModelMaker(self._passages, progress=self._say)
        made = self._maker.make(answered)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(made.to_bytes())
        return made

    def _name(self, answered: Sequence[Answered]) -> str:
        """Return the hash of what a model is learned from, and of the code that learns."""
        digest = sha256()
        for code in CODE:
            digest.update(code.read_bytes())
        for part in (*self._passages, *((one.question, sorted(one.answers)) for one in answered)):
            digest.update(repr(tuple(part)).encode())
        return digest.hexdigest()[:20]


def _texts(folder: Path) -> Iterable[tuple[Doc, str]]:
    if not folder.exists():
        return
    for group in ("statute_articles", "ncp_policies", "zwfw_items"):
        for doc in read_docs(folder / f"{group}.jsonl.zst"):
            yield doc, group


def _questions(folder: Path) -> Iterable[Asked]:
    if not folder.exists():
        return
    for name in ("statute_qrels", "ncp_questions"):
        yield from read_queries(folder / f"{name}.jsonl.zst")
