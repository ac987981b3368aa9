"""How log records look: one line, the constant message first, its data after it as key=value."""

import logging
from collections import deque

from typing_extensions import override

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "data"}


def with_data(record: logging.LogRecord) -> bool:
    """Put what was given as `extra` into one field of the record."""
    pairs = (f" {key}={value!s}" for key, value in record.__dict__.items() if key not in _OWN)
    record.data = "".join(pairs)
    return True


MOST_LINES = 4000
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s%(data)s"


class RecentLines(logging.Handler):
    """Keeps the newest lines in memory, for the log bundle."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self.addFilter(with_data)
        self.setFormatter(logging.Formatter(FORMAT))

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's line."""
        self._lines.append(self.format(record))

    def lines(self) -> tuple[str, ...]:
        """Return the lines, oldest first."""
        return tuple(self._lines)


def log_to_stderr() -> None:
    """Send all records of level info and above to standard error."""
    handler = logging.StreamHandler()
    handler.addFilter(with_data)
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Says at level info which of several holders has not signed: that is how k of n is meant.
    logging.getLogger("tuf").setLevel(logging.WARNING)
