"""How much of what is asked a long text says in one place. Pure.

A notice of ten pages holds most words of any question somewhere. The one that answers has them together. Of a text
no longer than the window its bag says as much, so only longer ones are kept for this.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW = 400
"""Characters. Windows begin every half window; on judged questions 120 and 250 found no more."""
_STEP = WINDOW // 2
_BIGRAM = 2
_BASIC = 0x10000


def pack_text(plain: str) -> bytes:
    """Return a text in normal form as it is kept, b"" if it is no longer than the window."""
    return zlib.compress(plain.encode("utf-16-le")) if len(plain) > WINDOW else b""


@dataclass(frozen=True, slots=True)
class Sought:
    """The Chinese bigrams of a question.

    Attributes:
        codes: each as two 16-bit characters in one number, ascending.
        worth: what each is worth.
        seconds: for each character, whether one of them ends with it: most places are passed over by that alone.
    """

    codes: NDArray[np.uint32]
    worth: NDArray[np.float32]
    seconds: NDArray[np.bool_]

    @classmethod
    def of(cls, worth: Mapping[str, float]) -> "Sought":
        """Take the bigrams among these terms; what has other characters than the basic plane's is left out."""
        codes = {
            ord(term[0]) << 16 | ord(term[1]): value
            for term, value in worth.items()
            if len(term) == _BIGRAM and value and max(map(ord, term)) < _BASIC
        }
        ordered = np.array(sorted(codes), np.uint32)
        seconds = np.zeros(_BASIC, np.bool_)
        seconds[ordered & (_BASIC - 1)] = True
        return cls(ordered, np.array([codes[int(one)] for one in ordered], np.float32), seconds)

    def in_one_place(self, packed: bytes) -> float:
        """Return what the best window of a packed text is worth: each bigram counts once."""
        if not len(self.codes):
            return 0.0
        signs = np.frombuffer(zlib.decompress(packed), "<u2")
        maybe = np.flatnonzero(self.seconds[signs[1:]])
        pairs = signs[maybe].astype(np.uint32) << 16 | signs[maybe + 1]
        at = np.minimum(np.searchsorted(self.codes, pairs), len(self.codes) - 1)
        same = self.codes[at] == pairs
        if not same.any():
            return 0.0
        steps = maybe[same] // _STEP
        held = np.zeros((int(steps[-1]) + 2, len(self.codes)), np.bool_)
        held[steps, at[same]] = True
        return float(((held[:-1] | held[1:]) @ self.worth).max())
