"""A simulated printer on a memory link, driven by a clock that moves only when the driver waits."""

from collections.abc import Iterator
from functools import cache

from typing_extensions import override

from content.paper.slip import Part, PartKind, Slip, SlipKind
from devices.drivers.links import LinkLost, MemoryLink
from devices.drivers.printer.device import PrinterDevice
from devices.drivers.printer.glyphs import DotFont, house_fonts
from devices.drivers.printer.model import PAPER_58_MM, ModelSheet
from devices.sim.lines import PacedLine
from devices.sim.printer.faults import HEALTHY, FaultPlan
from devices.sim.printer.printer import SimulatedPrinter
from devices.sim.printer.strip import PrintedSlip
from tests.support.hand_clock import HandClock

WRITE_TIMEOUT_S = 0.5
STEP_S = 0.01


@cache
def paper_font() -> DotFont:
    return DotFont(house_fonts())


class Bench:
    """The device under test, its printer, and the cable between them, at the speed of the model's line."""

    def __init__(self, *, model: ModelSheet = PAPER_58_MM, plan: FaultPlan = HEALTHY) -> None:
        self.clock = HandClock()
        self.printer = SimulatedPrinter(model=model, font=paper_font(), plan=plan)
        self.not_there = ""
        self.opened = 0
        self.received = bytearray()
        self.wire = PacedLine(model.baud)
        self.device = PrinterDevice(
            connect=self._connect, model=model, font=paper_font(), clock=self.clock
        )

    def papers(self) -> tuple[PrintedSlip, ...]:
        return self.printer.take_slips()

    def wait(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            self._pass()

    def _connect(self) -> MemoryLink:
        if self.not_there:
            raise LinkLost(self.not_there, "bench")
        self.opened += 1
        return _Cable(self)

    def take(self, data: bytes) -> int:
        self._check_cable()
        taken = data[: self.wire.room]
        self.wire.put(taken, self.clock.monotonic())
        self._pump()
        if not taken:
            self.wait(WRITE_TIMEOUT_S)
        return len(taken)

    def give(self, wait_s: float) -> bytes:
        self._check_cable()
        self._pump()
        for _ in self._steps(wait_s):
            if said := self.printer.take_replies():
                return said
        return self.printer.take_replies()

    def _steps(self, wait_s: float) -> Iterator[None]:
        end = self.clock.monotonic() + wait_s
        while self.clock.monotonic() < end:
            yield
            self._pass()

    def _pass(self) -> None:
        self.clock.advance(STEP_S)
        self._pump()

    def _pump(self) -> None:
        now = self.clock.monotonic()
        self.printer.step(now)
        arrived = self.wire.take(now, most=self.printer.room)
        self.received += arrived
        if arrived:
            self.printer.receive(arrived, now)

    def _check_cable(self) -> None:
        if self.printer.is_unplugged:
            self.wire.drop()
            raise LinkLost("unplugged", "bench")


class _Cable(MemoryLink):
    """Forgets what is under way when it is closed, as a serial link to a printer does."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._bench = bench

    @override
    def close(self) -> None:
        self._bench.wire.drop()


def paper_of(*texts: str, key: str = "test:1") -> Slip:
    """A slip with a title, these paragraphs and a code."""
    parts = (
        Part(PartKind.TITLE, "测试小票"),
        Part(PartKind.RULE),
        *(Part(PartKind.TEXT, text) for text in texts),
        Part(PartKind.QR, "https://zone.example/d/7KQ2M9XD4F", "7KQ2-M9X-D4F"),
    )
    return Slip(SlipKind.TEST, key, parts)
