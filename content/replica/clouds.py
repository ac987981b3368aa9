"""The vectors of a replica: sign bits in memory, read anew when the content has moved on; the rest too if little."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from content.search.vectors import SIFTED, Bytes, Cloud, CloudMaker, Floats, Rows, units

HELD_BYTES = 16 << 20
"""What is kept of one model: all learned vectors of a hundred thousand records. Reading six hundred takes 2 ms."""
_STEP = 4000

Values = tuple[object, ...]
Fetch = Callable[[str, Values], list[tuple]]  # type: ignore[type-arg]
Coded = Sequence[tuple[int, bytes]]
"""Rows, each with its vector as it is kept."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The vectors of a model, seen from a question; each is measured once."""

    model: str
    cloud: Cloud
    question: Floats
    fetch: Fetch
    seen: dict[int, float] = field(default_factory=dict)

    def look(self, rows: Rows) -> None:
        """Measure these now, so that asking for their cosines later takes no time."""
        unseen = [row for row in rows.tolist() if row not in self.seen]
        found = self.cloud.held(np.array(unseen, np.int64))
        if found is None:
            found = _unpacked(_some(self.fetch, self.model, unseen), len(self.question))
        self.seen.update(_cosines(*found, self.question))

    def nearest(self, most: int, *, sifted: int = SIFTED) -> list[int]:
        """Return the nearest rows of so many that have most sign bits in common."""
        self.look(self.cloud.sifted(self.question, sifted))
        return sorted(self.seen, key=self.seen.__getitem__, reverse=True)[:most]

    def cosines(self, rows: Rows) -> Floats:
        """Return the cosine of each of these rows, 0 for one without a vector."""
        self.look(rows)
        wanted: list[int] = rows.tolist()
        return np.array([self.seen.get(row, 0.0) for row in wanted], np.float32)


class Clouds:
    """One cloud for each model asked for."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._held: dict[str, tuple[int, Cloud]] = {}

    def vectors_of(self, model: str, rows: Rows) -> Coded:
        """Return the vectors of some rows, to be seen from a question that is not yet read; none that are kept."""
        held = self._held.get(model)
        if held is not None and held[1].codes is not None:
            return ()
        return _some(self._fetch, model, rows.tolist())

    def seen_from(self, model: str, question: Floats, known: Coded = ()) -> Sight:
        """Return the vectors of a model, as they stand in the file, seen from a question; some are known."""
        changes = sum(n for (n,) in self._fetch("SELECT changes FROM corpus", ()))
        held = self._held.get(model)
        if held is None or held[0] != changes:
            held = (changes, self._read(model, len(question)))
            self._held[model] = held
        seen = _cosines(*_unpacked(known, len(question)), question)
        return Sight(model, held[1], question, self._fetch, seen)

    def _read(self, model: str, dimensions: int) -> Cloud:
        maker = CloudMaker(dimensions, most_held=HELD_BYTES)
        for _, codes in self._blocks(model, dimensions):
            maker.weigh(codes)
        for rows, codes in self._blocks(model, dimensions):
            maker.take(rows, codes)
        return maker.made()

    def _blocks(self, model: str, dimensions: int) -> Iterator[tuple[Rows, Bytes]]:
        sql = "SELECT row, code FROM vector WHERE model = ? AND row > ? ORDER BY row LIMIT ?"
        after = -1
        while part := self._fetch(sql, (model, after, _STEP)):
            yield _unpacked(part, dimensions)
            after = part[-1][0]


def _some(fetch: Fetch, model: str, rows: Sequence[int]) -> Coded:
    marks = ",".join("?" * len(rows))
    sql = f"SELECT row, code FROM vector WHERE model = ? AND row IN ({marks})"  # noqa: S608
    return fetch(sql, (model, *rows)) if rows else ()


def _cosines(rows: Rows, codes: Bytes, question: Floats) -> dict[int, float]:
    return dict(zip(rows.tolist(), (units(codes) @ question).tolist(), strict=True))


def _unpacked(found: Coded, dimensions: int) -> tuple[Rows, Bytes]:
    """Return rows and codes; a code of another length than the model's is as good as none."""
    same = [(row, code) for row, code in found if len(code) == dimensions]
    rows = np.array([row for row, _ in same], np.int64)
    codes = np.frombuffer(b"".join(code for _, code in same), np.int8)
    return rows, codes.reshape(-1, dimensions)
