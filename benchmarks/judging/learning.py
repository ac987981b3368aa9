"""Models for judging: no question is ever judged by a model that has seen it."""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.judging.sets import Asked, Doc, read_docs, read_queries, read_rows
from content.search.learned import Learned
from controller.learning.model import Answered, ModelMaker, Passage

FOLDS = 4


def fold_of(question: str) -> int:
    """Return which part of a set a question belongs to."""
    return zlib.crc32(question.encode()) % FOLDS


class Teacher:
    """The texts and answered questions of data/search, and models of parts of them."""

    def __init__(self, folder: Path, *, more: Sequence[Doc] = ()) -> None:
        places: dict[str, int] = {}
        passages: list[Passage] = []
        for doc, group, category in (*_texts(folder), *((doc, "given", "") for doc in more)):
            if doc.id not in places:
                places[doc.id] = len(passages)
                passages.append(Passage(group, category, doc.title, doc.text))
        self._answered = [
            Answered(asked.text, frozenset(places[one] for one in asked.relevant))
            for asked in _questions(folder)
        ]
        self._maker = ModelMaker(passages, progress=print)

    def without_fold(self, fold: int) -> Learned:
        """Return the model of all answered questions outside a fold."""
        return self._maker.make([one for one in self._answered if fold_of(one.question) != fold])

    def without(self, judged: Iterable[Asked]) -> Learned:
        """Return the model of all answered questions but these."""
        texts = {asked.text for asked in judged}
        return self._maker.make([one for one in self._answered if one.question not in texts])


def _texts(folder: Path) -> Iterable[tuple[Doc, str, str]]:
    if not folder.exists():
        return
    articles = folder / "statute_articles.jsonl.zst"
    for doc, row in zip(read_docs(articles), read_rows(articles), strict=True):
        yield doc, "articles", row["category"]
    for name in ("ncp_policies", "zwfw_items"):
        for doc in read_docs(folder / f"{name}.jsonl.zst"):
            yield doc, name, ""


def _questions(folder: Path) -> Iterable[Asked]:
    if not folder.exists():
        return
    for name in ("statute_qrels", "ncp_questions"):
        yield from read_queries(folder / f"{name}.jsonl.zst")
