"""Documents and questions with their judged answers: from data/search, or any files of the same form.

Known-item searches are derived from the names of service items: `kw` keeps the two rarest words, `drop`
leaves out three words of ten, `typo` has one character replaced by another of the same sound.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import rjieba
from pypinyin import Style, lazy_pinyin

from benchmarks.judging.files import BadFile, Row, read_rows
from content.search.analyse import syllables_of

SEED = 20
STRETCH = 6


@dataclass(frozen=True, slots=True)
class Doc:
    """A text that may answer. kind: document | item."""

    id: str
    title: str
    text: str
    kind: str = "document"
    department: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and the ids of the documents that answer it."""

    text: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Queries of one kind over one corpus ("docs" or "articles")."""

    name: str
    corpus: str
    queries: tuple[Asked, ...]


def read_docs(path: Path) -> list[Doc]:
    """Return the documents of a file: rows with id or docid, title or name (else the text's first word).

    Raises:
        BadFile: with the line that has no id, no words, or the id of another line.
    """
    docs: dict[str, Doc] = {}
    for row in read_rows(path):
        doc = _doc(row)
        if doc.id in docs:
            message = f"{path}, line {row.line}: the id {doc.id} is another line's already"
            raise BadFile(message)
        docs[doc.id] = doc
    if not docs:
        message = f"{path} holds no document"
        raise BadFile(message)
    return list(docs.values())


def read_queries(path: Path) -> tuple[Asked, ...]:
    """Return the queries of a file: rows with question and either relevant or docid.

    Raises:
        BadFile: with the line that has no question or no answer.
    """
    rows = (
        (row.needed("question", "query"), row.ids("relevant", "docid")) for row in read_rows(path)
    )
    return tuple(Asked(text, relevant) for text, relevant in rows if relevant)


def _doc(row: Row) -> Doc:
    text = row.text("text", "body", "content")
    title = row.text("title", "name") or next(iter(text.split()), "") or row.needed("title", "text")
    kind = "item" if row.text("name") else "document"
    name = row.needed("id", "docid")
    return Doc(name, title, text, kind, row.text("department"), row.text("category"))


def all_docs(folder: Path) -> list[Doc]:
    """Return laws, policies and service items: the corpus `docs`."""
    names = ("laws", "ncp_policies", "zwfw_items")
    return [doc for name in names for doc in read_docs(folder / f"{name}.jsonl.zst")]


def known_items(docs: Sequence[Doc]) -> Iterator[JudgedSet]:
    """Yield the three sets of known-item searches, over the corpus `docs`."""
    items = [doc for doc in docs if doc.kind == "item"]
    if not items:
        return
    same: dict[str, set[str]] = defaultdict(set)
    for doc in docs:
        same[doc.title].add(doc.id)
    counts: Counter[str] = Counter()
    for doc in docs:
        counts.update(set(_words(f"{doc.title}\n{doc.text}")))
    homophones = _homophones(counts)
    chance = random.Random(SEED)  # noqa: S311  # a fixed draw, not a secret
    made: dict[str, list[Asked]] = {"kw": [], "drop": [], "typo": []}
    for doc in items:
        words = _words(doc.title)
        for name, text in (
            ("kw", _rarest_two(words, counts)),
            ("drop", _dropped(words, chance)),
            ("typo", _mistyped(doc.title, homophones, chance)),
        ):
            if text:
                made[name].append(Asked(text, frozenset(same[doc.title])))
    for name, queries in made.items():
        yield JudgedSet(name, "docs", tuple(queries))


def typed_items(docs: Sequence[Doc]) -> Iterator[JudgedSet]:
    """Yield searches by pinyin and by initials: a stretch of six characters of each item's name.

    Every item that sounds the same in some stretch is a right answer.
    """
    items = [(doc, syllables_of(doc.title)) for doc in docs if doc.kind == "item"]
    chance = random.Random(SEED)  # noqa: S311  # a fixed draw, not a secret
    made: dict[str, list[Asked]] = {"pinyin": [], "initials": []}
    sounds = {
        "pinyin": {doc.id: " ".join(spoken) for doc, spoken in items},
        "initials": {doc.id: "".join(one[0] for one in spoken) for doc, spoken in items},
    }
    for _, spoken in items:
        start = chance.randrange(max(1, len(spoken) - STRETCH + 1))
        part = [one for one in spoken[start : start + STRETCH] if one.isalpha()]
        if len(part) < 4:
            continue
        for name, key in (("pinyin", " ".join(part)), ("initials", "".join(s[0] for s in part))):
            right = frozenset(one for one, sound in sounds[name].items() if key in sound)
            if right:
                made[name].append(Asked(key.replace(" ", ""), right))
    for name, queries in made.items():
        yield JudgedSet(name, "docs", tuple(queries))


SEEN = ("questions", "names", "second_questions", "second_names")
"""The second ones were unseen until everyday words were added that they lacked."""


def golden(folder: Path) -> tuple[list[Doc], list[JudgedSet]]:
    """Return official titles, and what citizens say for some of them: questions and everyday names."""
    titles = (folder / "search_titles.txt").read_text("utf-8").splitlines()
    docs = [Doc(f"T{at:03}", title, "", "item") for at, title in enumerate(titles)]
    by_title = {doc.title: doc.id for doc in docs}
    sets = [_spoken(folder, name, by_title) for name in SEEN]
    return docs, sets


def unseen(folder: Path) -> list[JudgedSet]:
    """Return questions and names that were written after all tuning, for the same titles: never tune on them."""
    docs, _ = golden(folder)
    by_title = {doc.title: doc.id for doc in docs}
    return [_spoken(folder, name, by_title) for name in ("unseen_questions", "unseen_names")]


def _spoken(folder: Path, name: str, by_title: Mapping[str, str]) -> JudgedSet:
    rows = read_rows(folder / f"search_{name}.jsonl")
    asked = tuple(
        Asked(row.needed("question"), frozenset({by_title[row.needed("title")]})) for row in rows
    )
    return JudgedSet(f"everyday {name.replace('_', ' ')}", "golden", asked)


def _words(text: str) -> list[str]:
    return [word for word in rjieba.cut(text) if any("一" <= sign <= "鿿" for sign in word)]


def _rarest_two(words: list[str], counts: Counter[str]) -> str:
    rare = sorted(dict.fromkeys(words), key=lambda word: (counts[word], word))[:2]
    return "".join(word for word in words if word in rare) if len(rare) == 2 else ""


def _dropped(words: list[str], chance: random.Random) -> str:
    if len(words) < 3:
        return ""
    away = set(chance.sample(range(len(words)), max(1, math.floor(len(words) * 0.3))))
    return "".join(word for at, word in enumerate(words) if at not in away)


def _homophones(counts: Counter[str]) -> dict[str, list[str]]:
    """Return character -> common characters of the same sound, tones aside."""
    common: Counter[str] = Counter()
    for word, count in counts.items():
        for sign in word:
            if "一" <= sign <= "鿿":
                common[sign] += count
    by_sound: dict[str, list[str]] = defaultdict(list)
    for sign, _ in common.most_common(3000):
        by_sound["".join(lazy_pinyin(sign, style=Style.NORMAL))].append(sign)
    return {
        sign: [other for other in signs if other != sign]
        for signs in by_sound.values()
        for sign in signs
    }


def _mistyped(title: str, homophones: Mapping[str, list[str]], chance: random.Random) -> str:
    places = [at for at, sign in enumerate(title) if homophones.get(sign)]
    if not places:
        return ""
    at = chance.choice(places)
    return title[:at] + chance.choice(homophones[title[at]]) + title[at + 1 :]


def thinned(sets: Iterable[JudgedSet], most: int) -> list[JudgedSet]:
    """Return the sets with at most so many queries each, evenly drawn; 0 for all."""
    thin = []
    for one in sets:
        step = max(1, len(one.queries) // most) if most else 1
        queries = one.queries[::step][:most] if most else one.queries
        thin.append(JudgedSet(one.name, one.corpus, queries))
    return thin
