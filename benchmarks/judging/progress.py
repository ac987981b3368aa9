"""Says how far a long run is, with the seconds since it began."""

import sys
from time import perf_counter


class Progress:
    """Writes lines to stderr at once, so that a log shows a run that is alive."""

    def __init__(self) -> None:
        self._begun = perf_counter()

    def __call__(self, text: str) -> None:
        """Say a line."""
        sys.stderr.write(f"[{perf_counter() - self._begun:6.0f} s] {text}\n")
        sys.stderr.flush()
