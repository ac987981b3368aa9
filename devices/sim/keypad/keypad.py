"""A simulated keypad with a line. Orders: {"key": "next"}, or another name of devices.drivers.keypad.codec.Key."""

from collections.abc import Mapping

from devices.drivers.keypad.codec import Key, line_bytes

_MOST = 256


class SimulatedKeypad:
    """See devices.sim.pty_device.SimulatedDevice."""

    def __init__(self) -> None:
        self._out = bytearray()
        self.pressed = 0

    def receive(self, data: bytes, now: float) -> None:
        """A keypad listens to nobody."""

    def step(self, now: float) -> None:
        """Nothing happens by itself."""

    def take_output(self) -> bytes:
        """Return what was pressed."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def obey(self, order: Mapping[str, object]) -> None:
        """Press a key."""
        name = order.get("key")
        if isinstance(name, str) and name in set(Key) and len(self._out) < _MOST:
            self._out += line_bytes(Key(name))
            self.pressed += 1

    def state(self) -> dict[str, object]:
        """Return what can be seen."""
        return {"pressed": self.pressed}
