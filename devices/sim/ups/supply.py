"""A NUT server with one supply: what upsd answers to the lines that this product says.

Orders: {"mains": "on" | "off"}, {"battery": 0…100}, {"replace": true | false}, {"stale": true | false}.
"""

from collections.abc import Mapping

NAME = "zone-ups"
LOW_PERCENT = 20
_MOST_LINE = 1024


class SimulatedSupply:
    """See devices.sim.pty_device.SimulatedDevice; stands behind devices.sim.tcp_device."""

    def __init__(self, *, name: str = NAME) -> None:
        self._name = name
        self._held = b""
        self._out = bytearray()
        self.is_on_mains = True
        self.battery = 100
        self._wants_battery = False
        self._is_stale = False

    def receive(self, data: bytes, now: float) -> None:
        """Answer each line."""
        del now
        *lines, rest = (self._held + data).split(b"\n")
        self._held = rest[-_MOST_LINE:]
        for line in lines:
            self._out += self._answer(line.decode("utf-8", "replace").split()).encode()

    def step(self, now: float) -> None:
        """Nothing happens by itself: a battery that drains alone would surprise whoever plays with it."""

    def take_output(self) -> bytes:
        """Return the answers."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def obey(self, order: Mapping[str, object]) -> None:
        """Cut the mains, drain the battery."""
        match order:
            case {"mains": "on" | "off" as mains}:
                self.is_on_mains = mains == "on"
            case {"battery": int(percent)} if 0 <= percent <= 100:  # noqa: PLR2004 - percent
                self.battery = percent
            case {"replace": bool(wanted)}:
                self._wants_battery = wanted
            case {"stale": bool(stale)}:
                self._is_stale = stale
            case _:
                pass

    @property
    def status(self) -> str:
        """ups.status, in NUT's words."""
        words = ["OL", "CHRG"] if self.is_on_mains else ["OB", "DISCHRG"]
        if self.battery <= LOW_PERCENT:
            words.append("LB")
        if self._wants_battery:
            words.append("RB")
        return " ".join(words)

    def state(self) -> dict[str, object]:
        """Return what can be seen."""
        return {"status": self.status, "battery": self.battery, "stale": self._is_stale}

    def _answer(self, words: list[str]) -> str:
        match words:
            case ["LIST", "UPS"]:
                return f'BEGIN LIST UPS\nUPS {self._name} "simulated"\nEND LIST UPS\n'
            case ["GET", "VAR", name, _] if name != self._name:
                return "ERR UNKNOWN-UPS\n"
            case ["GET", "VAR", _, _] if self._is_stale:
                return "ERR DATA-STALE\n"
            case ["GET", "VAR", name, "ups.status"]:
                return f'VAR {name} ups.status "{self.status}"\n'
            case ["GET", "VAR", name, "battery.charge"]:
                return f'VAR {name} battery.charge "{self.battery}"\n'
            case ["GET", "VAR", *_]:
                return "ERR VAR-NOT-SUPPORTED\n"
            case ["LOGOUT"]:
                return "OK Goodbye\n"
            case _:
                return "ERR UNKNOWN-COMMAND\n"
