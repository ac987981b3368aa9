"""What a person can do to simulated devices, from buttons.toml: for their control pages and for the demo."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("buttons.toml")
BLANK = "?"


@dataclass(frozen=True, slots=True)
class Button:
    """One act. `text` is "" or what is to be typed first; it takes the place of "?" in the order.

    `in_demo`: it is also on the demo page.
    """

    label: str
    order: Mapping[str, object]
    text: str = ""
    in_demo: bool = False

    def filled(self, typed: str) -> dict[str, object]:
        """Return the order with what was typed."""
        return {key: typed if value == BLANK else value for key, value in self.order.items()}


@dataclass(frozen=True, slots=True)
class Panel:
    """All acts for a kind of device."""

    title: str
    buttons: tuple[Button, ...]


def panels() -> dict[str, Panel]:
    """Return kind -> its buttons."""
    entries = tomllib.loads(FILE.read_text("utf-8"))
    return {
        kind: Panel(entry["title"], tuple(Button(**button) for button in entry["buttons"]))
        for kind, entry in entries.items()
    }
