"""Health of a peripheral, in the same three levels for every driver."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """How a device is."""

    OK = "ok"
    WARN = "warn"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Health:
    """A level with its reason; `since` is when this level and reason began."""

    level: Level
    reason: str = ""
    since: datetime | None = None
