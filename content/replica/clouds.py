"""The vectors of a replica in memory, read again when the content has moved on."""

from collections.abc import Callable

import numpy as np

from content.search.vectors import Cloud

_STEP = 5000

Values = tuple[object, ...]
Rows = Callable[[str, Values], list[tuple]]  # type: ignore[type-arg]


class Clouds:
    """One cloud for each model asked for."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._held: dict[str, tuple[int, Cloud]] = {}

    def of(self, model: str) -> Cloud:
        """Return the vectors of a model, as they stand in the file."""
        changes = sum(n for (n,) in self._rows("SELECT changes FROM corpus", ()))
        held = self._held.get(model)
        if held is None or held[0] != changes:
            held = (changes, self._read(model))
            self._held[model] = held
        return held[1]

    def _read(self, model: str) -> Cloud:
        numbers: list[int] = []
        blocks: list[np.ndarray[tuple[int, ...], np.dtype[np.int8]]] = []
        after = -1
        while part := self._rows(
            "SELECT row, code FROM vector WHERE model = ? AND row > ? ORDER BY row LIMIT ?",
            (model, after, _STEP),
        ):
            width = len(part[0][1])
            same = [(row, code) for row, code in part if len(code) == width]
            numbers += [row for row, _ in same]
            joined = b"".join(code for _, code in same)
            blocks.append(np.frombuffer(joined, np.int8).reshape(-1, width))
            after = part[-1][0]
        codes = np.concatenate(blocks) if blocks else np.empty((0, 64), np.int8)
        return Cloud.of(np.array(numbers, np.int64), codes)
