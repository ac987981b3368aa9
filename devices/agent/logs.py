"""How log records look: one line, the constant message first, its data after it as key=value."""

import logging

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "data"}


def with_data(record: logging.LogRecord) -> bool:
    """Put what was given as `extra` into one field of the record."""
    pairs = (f" {key}={value!s}" for key, value in record.__dict__.items() if key not in _OWN)
    record.data = "".join(pairs)
    return True


def log_to_stderr() -> None:
    """Send all records of level info and above to standard error."""
    handler = logging.StreamHandler()
    handler.addFilter(with_data)
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s%(data)s")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Says at level info which of several holders has not signed: that is how k of n is meant.
    logging.getLogger("tuf").setLevel(logging.WARNING)
