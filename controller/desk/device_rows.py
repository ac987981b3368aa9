"""The devices of a terminal as the desk shows them: a row each, with the keeper's sentence where one is not well."""

from collections.abc import Mapping
from dataclasses import dataclass

from devices.drivers.health import Level
from devices.drivers.reasons import Kind, Reason, name_of, say

TONES = {Level.OK: "good", Level.WARN: "warn", Level.DOWN: "bad"}
ICONS = {Level.OK: "circle-check", Level.WARN: "triangle-alert", Level.DOWN: "circle-alert"}


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device; `key` is the word for its level, `sentence` is "" where all is well."""

    kind: str
    name: str
    key: str
    tone: str
    icon: str
    sentence: str


def device_rows(devices: Mapping[str, str]) -> tuple[DeviceRow, ...]:
    """Return rows of what a terminal reported: kind -> "ok", or level and reason.

    What a newer terminal may report besides is left out: nothing is shown of which nothing can be said.
    """
    return tuple(
        row for kind in Kind if (row := _row(kind, devices.get(str(kind), ""))) is not None
    )


def _row(kind: Kind, said: str) -> DeviceRow | None:
    word, _, reason = said.partition(":")
    try:
        level = Level(word)
    except ValueError:
        return None
    return DeviceRow(
        kind=str(kind),
        name=name_of(kind),
        key=f"terminals.device_{level}",
        tone=TONES[level],
        icon=ICONS[level],
        sentence="" if level is Level.OK else _sentence(kind, reason),
    )


def _sentence(kind: Kind, reason: str) -> str:
    try:
        return say(kind, Reason(reason)).keeper
    except ValueError:
        return say(kind, Reason.DRIVER).keeper  # a newer terminal's word: it tries again by itself
