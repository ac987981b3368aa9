"""A job on its way out: slices of at most 256 bytes, paced to the line, with the places where one may ask.

A status question between the bytes of one command is taken for its data by some printers, so questions wait
for a place between commands.
"""

from collections import deque
from collections.abc import Iterable

SLICE = 256
_BITS_PER_BYTE = 10
_STUCK_S = 2.0
_AHEAD_S = 0.05


class Outgoing:
    """What is still to be sent of one job. Times are monotonic seconds, given by the caller."""

    def __init__(self, pieces: Iterable[bytes], *, baud: int, now: float) -> None:
        self._slices = deque(_slices(pieces))
        self._size = sum(len(data) for data, _ in self._slices)
        self._sent = 0
        self._baud = baud
        self._is_between = True
        self._line_free_at = now
        self._moved_at = now

    @property
    def is_all_sent(self) -> bool:
        """Tell whether the link has taken everything."""
        return not self._slices

    @property
    def share_sent(self) -> float:
        """How much of the job the link has taken, 0 to 1."""
        return self._sent / self._size if self._size else 1.0

    def slice_due(self, now: float) -> bytes:
        """Return what to write now; b"" while the line is still busy with what it has, or all is sent."""
        if not self._slices or self._line_free_at - now > _AHEAD_S:
            return b""
        return self._slices[0][0]

    def taken(self, count: int, now: float) -> None:
        """Note how many bytes of the slice the link took."""
        if count == 0:
            return
        self._sent += count
        data, ends_command = self._slices.popleft()
        if count < len(data):
            self._slices.appendleft((data[count:], ends_command))
        self._is_between = ends_command and count == len(data)
        self._line_free_at = max(now, self._line_free_at) + count * _BITS_PER_BYTE / self._baud
        self._moved_at = now

    @property
    def is_between(self) -> bool:
        """Tell whether the last byte sent was the last of a command."""
        return self._is_between

    def may_ask(self, now: float) -> bool:
        """Tell whether a status question does no harm: between commands, or when nothing moves any more."""
        is_stuck = now - self._moved_at > _STUCK_S
        return is_stuck or (self._is_between and now >= self._line_free_at)


def _slices(pieces: Iterable[bytes]) -> list[tuple[bytes, bool]]:
    """Join short pieces and split long ones; True marks a slice that ends with a whole command."""
    slices: list[tuple[bytes, bool]] = []
    gathered = b""
    for piece in pieces:
        if len(gathered) + len(piece) <= SLICE:
            gathered += piece
            continue
        if gathered:
            slices.append((gathered, True))
        cuts = range(0, len(piece), SLICE)
        slices.extend((piece[at : at + SLICE], at + SLICE >= len(piece)) for at in cuts[:-1])
        gathered = piece[cuts[-1] :]
    return [*slices, (gathered, True)] if gathered else slices
