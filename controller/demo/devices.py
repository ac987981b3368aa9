"""The demo's simulated devices: how each is started, and the buttons that stand in for a visitor's hands."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from content.errors import NotFound
from devices.drivers.reasons import Kind
from devices.hub.place import Peripheral
from devices.sim.buttons import Button, panels
from devices.sim.control import control_path
from devices.sim.orders import give_order

KINDS = (Kind.ID_CARD, Kind.SCANNER, Kind.PRESENCE, Kind.KEYPAD)
LONGEST = 200
"""Characters of a scanned text."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What can be done to the devices of one terminal: kind -> where it takes orders."""

    controls: Mapping[Kind, Path]

    def groups(self) -> tuple[tuple[str, tuple[tuple[int, Button], ...]], ...]:
        """Return (kind, its buttons with their numbers) for the page."""
        shown = panels()
        return tuple(
            (
                str(kind),
                tuple((n, one) for n, one in enumerate(shown[kind].buttons) if one.in_demo),
            )
            for kind in self.controls
        )

    def press(self, kind: str, number: int, *, typed: str) -> None:
        """Press a button. Blocks.

        Raises:
            NotFound: there is no such button.
            NoDevice: the simulated device has gone.
        """
        pressed = [b for k, group in self.groups() if k == kind for n, b in group if n == number]
        if not pressed:
            raise NotFound("演示中没有这个按钮。")
        give_order(self.controls[Kind(kind)], pressed[0].filled(typed[:LONGEST]))


def link(home: Path, kind: Kind) -> Path:
    """Return where the simulated device of a terminal appears."""
    return home / f"{kind}.tty"


def hands(home: Path, kinds: tuple[Kind, ...]) -> Hands:
    """Return the hands at a terminal's devices."""
    return Hands({kind: control_path(link(home, kind)) for kind in kinds})


def settings(home: Path, kinds: tuple[Kind, ...]) -> dict[Kind, Peripheral]:
    """Return what terminal.toml says of them."""
    return {kind: Peripheral(at=str(link(home, kind))) for kind in kinds}


def command(home: Path, kind: Kind) -> tuple[str, ...]:
    """Return what starts one."""
    return ("devices", "simulate", str(kind), "--link", str(link(home, kind)), "--no-page")
