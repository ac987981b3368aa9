"""Simulated signs: an ONBON card that answers, and a plain one that shows what stands before CR."""

from collections.abc import Mapping

from devices.drivers.text_sign.bx import (
    HOST,
    Deframer,
    Frame,
    Verdict,
    answer_data,
    frame_bytes,
    shown_text,
)

_MOST = 4096


class SimulatedBxSign:
    """See devices.sim.pty_device.SimulatedDevice. `refuses`: a card of another model, that knows no such area."""

    def __init__(self, *, address: int = 1, refuses: bool = False) -> None:
        self._address = address
        self._refuses = refuses
        self._inbound = Deframer()
        self._out = bytearray()
        self.text = ""
        self.times = 0

    def receive(self, data: bytes, now: float) -> None:
        """Show what is sent to this address."""
        del now
        for frame in self._inbound.feed(data):
            if frame.destination == self._address:
                self._out += self._answer(frame)

    def _answer(self, frame: Frame) -> bytes:
        text = shown_text(frame.data)
        is_shown = text is not None and not self._refuses
        if text is not None and is_shown:
            self.text = text
            self.times += 1
        verdict = Verdict.SHOWN if is_shown else Verdict.REFUSED
        return frame_bytes(Frame(HOST, self._address, answer_data(verdict)))

    def step(self, now: float) -> None:
        """Nothing happens by itself."""

    def take_output(self) -> bytes:
        """Return the answers."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def obey(self, order: Mapping[str, object]) -> None:
        """{"power": "off"} loses the text, as a card without flash does."""
        if order.get("power") == "off":
            self.text = ""

    def state(self) -> dict[str, object]:
        """Return what is shown."""
        return {"text": self.text}


class SimulatedPlainSign:
    """See devices.sim.pty_device.SimulatedDevice."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.text = ""

    def receive(self, data: bytes, now: float) -> None:
        """Show what stands before CR."""
        del now
        *lines, rest = (bytes(self._held) + data).split(b"\r")
        if lines:
            self.text = lines[-1].decode("gb18030", "replace")
        self._held = bytearray(rest[-_MOST:])

    def step(self, now: float) -> None:
        """Nothing happens by itself."""

    def take_output(self) -> bytes:
        """It says nothing."""
        return b""

    def obey(self, order: Mapping[str, object]) -> None:
        """See SimulatedBxSign."""
        if order.get("power") == "off":
            self.text = ""

    def state(self) -> dict[str, object]:
        """Return what is shown."""
        return {"text": self.text}
