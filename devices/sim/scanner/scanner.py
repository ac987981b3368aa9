"""A simulated scanner. Orders: {"scan": "text", "symbology": "Q1", "encoding": "gb18030"}."""

from collections.abc import Mapping

from devices.drivers.scanner.codec import TRIGGER, TRIGGER_OFF, scan_bytes

_MOST = 8192


class SimulatedScanner:
    """See devices.sim.pty_device.SimulatedDevice."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._heard = b""
        self.is_lit = False
        self.scans = 0

    def receive(self, data: bytes, now: float) -> None:
        """Obey the trigger."""
        del now
        self._heard = (self._heard + data)[-16:]
        on, off = self._heard.rfind(TRIGGER), self._heard.rfind(TRIGGER_OFF)
        if on != off:
            self.is_lit = on > off

    def step(self, now: float) -> None:
        """Nothing happens by itself."""

    def take_output(self) -> bytes:
        """Return what was scanned."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def obey(self, order: Mapping[str, object]) -> None:
        """Hold a code before it."""
        match order:
            case {"scan": str(text)}:
                symbology, encoding = order.get("symbology", ""), order.get("encoding", "utf-8")
                if encoding in {"utf-8", "gb18030"}:
                    self.scan(text, symbology=str(symbology), encoding=str(encoding))
            case _:
                pass

    def scan(self, text: str, *, symbology: str = "", encoding: str = "utf-8") -> None:
        """Scan a code that says this."""
        if len(self._out) < _MOST:
            self._out += scan_bytes(text, symbology=symbology, encoding=encoding)
            self.scans += 1

    def state(self) -> dict[str, object]:
        """Return what can be seen."""
        return {"lit": self.is_lit, "scans": self.scans}
