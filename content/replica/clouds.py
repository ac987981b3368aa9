"""The vectors of a replica: sign bits in memory, read again when the content has moved on; the rest on disk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from content.search.vectors import Bytes, Cloud, CloudMaker, Floats, Rows, units

_STEP = 4000

Values = tuple[object, ...]
Fetch = Callable[[str, Values], list[tuple]]  # type: ignore[type-arg]


@dataclass(frozen=True, slots=True)
class Sight:
    """The vectors of a model, seen from a question; each is read from the file once."""

    model: str
    cloud: Cloud
    question: Floats
    fetch: Fetch
    seen: dict[int, float] = field(default_factory=dict)

    def nearest(self, most: int) -> list[int]:
        """Return the nearest rows."""
        self._look(self.cloud.sifted(self.question).tolist())
        return sorted(self.seen, key=self.seen.__getitem__, reverse=True)[:most]

    def cosines(self, rows: Rows) -> Floats:
        """Return the cosine of each of these rows, 0 for one without a vector."""
        wanted: list[int] = rows.tolist()
        self._look([row for row in wanted if row not in self.seen])
        return np.array([self.seen.get(row, 0.0) for row in wanted], np.float32)

    def _look(self, rows: list[int]) -> None:
        marks = ",".join("?" * len(rows))
        sql = f"SELECT row, code FROM vector WHERE model = ? AND row IN ({marks})"  # noqa: S608
        known, codes = _unpacked(self.fetch(sql, (self.model, *rows)), len(self.question))
        self.seen.update(zip(known.tolist(), (units(codes) @ self.question).tolist(), strict=True))


class Clouds:
    """One cloud for each model asked for."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._held: dict[str, tuple[int, Cloud]] = {}

    def seen_from(self, model: str, question: Floats) -> Sight:
        """Return the vectors of a model, as they stand in the file, seen from a question."""
        changes = sum(n for (n,) in self._fetch("SELECT changes FROM corpus", ()))
        held = self._held.get(model)
        if held is None or held[0] != changes:
            held = (changes, self._read(model, len(question)))
            self._held[model] = held
        return Sight(model, held[1], question, self._fetch)

    def _read(self, model: str, dimensions: int) -> Cloud:
        maker = CloudMaker(dimensions)
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


def _unpacked(found: list[tuple], dimensions: int) -> tuple[Rows, Bytes]:  # type: ignore[type-arg]
    """Return rows and codes; a code of another length than the model's is as good as none."""
    same = [(row, code) for row, code in found if len(code) == dimensions]
    rows = np.array([row for row, _ in same], np.int64)
    codes = np.frombuffer(b"".join(code for _, code in same), np.int8)
    return rows, codes.reshape(-1, dimensions)
