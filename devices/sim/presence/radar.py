"""A simulated LD2410. Orders: {"person": 80, "still": true}, {"person": null | false}."""

from collections.abc import Mapping

from devices.drivers.presence.codec import (
    Answer,
    Command,
    Deframer,
    Order,
    Range,
    Report,
    Target,
    answer_bytes,
    parameters_data,
    report_bytes,
)

REPORT_EVERY_S = 0.1
_FACTORY = Range(moving_gate=8, still_gate=8, hold_s=5)
_ENABLED = bytes.fromhex("0100 4000")
_FARTHEST_CM = 600


class SimulatedRadar:
    """See devices.sim.pty_device.SimulatedDevice. `takes_settings` false: an old module that ignores commands."""

    def __init__(self, *, takes_settings: bool = True) -> None:
        self._takes_settings = takes_settings
        self._inbound = Deframer()
        self._out = bytearray()
        self._next_at: float | None = None
        self._is_configuring = False
        self._person_cm: int | None = None
        self._is_still = False
        self.range = _FACTORY
        self.writes = 0

    def receive(self, data: bytes, now: float) -> None:
        """Obey commands."""
        del now
        for frame in self._inbound.feed(data):
            if isinstance(frame, Order) and self._takes_settings:
                self._out += answer_bytes(self._answer(frame))

    def step(self, now: float) -> None:
        """Report, ten times a second, but not while being configured."""
        if self._next_at is None:
            self._next_at = now
        while self._next_at <= now:
            self._next_at += REPORT_EVERY_S
            if not self._is_configuring:
                self._out += report_bytes(self._report())

    def take_output(self) -> bytes:
        """Return reports and answers."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def obey(self, order: Mapping[str, object]) -> None:
        """Let a person come, stand, or go."""
        match order:
            case {"person": None | False}:
                self.place(None)
            case {"person": int(cm)} if 0 <= cm <= _FARTHEST_CM:
                self.place(cm, is_still=bool(order.get("still", False)))
            case _:
                pass

    def place(self, cm: int | None, *, is_still: bool = False) -> None:
        """Put a person at a distance; None for nobody."""
        self._person_cm, self._is_still = cm, is_still

    def state(self) -> dict[str, object]:
        """Return what can be seen."""
        return {"person": self._person_cm, "still": self._is_still}

    def _report(self) -> Report:
        cm = self._person_cm
        if cm is None:
            return Report(Target.NONE)
        if self._is_still:
            return Report(Target.STILL, still_cm=cm, still_percent=60, distance_cm=cm)
        return Report(Target.MOVING, moving_cm=cm, moving_percent=80, distance_cm=cm)

    def _answer(self, order: Order) -> Answer:
        if order.command == Command.ENABLE:
            self._is_configuring = True
            return Answer(order.command, is_ok=True, data=_ENABLED)
        if not self._is_configuring:
            return Answer(order.command, is_ok=False)
        match order.command:
            case Command.END:
                self._is_configuring = False
                return Answer(order.command, is_ok=True)
            case Command.READ_PARAMETERS:
                return Answer(order.command, is_ok=True, data=parameters_data(self.range))
            case Command.SET_RANGE:
                return Answer(order.command, is_ok=self._set(order.data))
            case _:
                return Answer(order.command, is_ok=False)

    def _set(self, data: bytes) -> bool:
        if len(data) != 18:  # noqa: PLR2004 - three pairs of word and value
            return False
        values = [int.from_bytes(data[at + 2 : at + 6], "little") for at in (0, 6, 12)]
        self.range = Range(*values)
        self.writes += 1
        return True
