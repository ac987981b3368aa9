"""Attends one device: opens its link, turns its machine, keeps its health, comes back after a loss.

A machine decides and does no I/O; the attendant does the I/O and decides nothing but when to try again.
What goes in (orders) and what comes out (events) is held in bounded queues: when nobody takes, the oldest is
dropped. Nothing is ever raised outward.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from devices.clock import Clock
from devices.drivers.health import Health, Level
from devices.drivers.links import Link, LinkLost, SerialLink
from devices.drivers.reasons import Reason

BACK_OFF_S = (1.0, 2.0, 5.0, 10.0)
SETTLE_S = 0.3
"""Some boards reset when the port is opened (DTR); what they say meanwhile is not meant for us."""

_LONGEST_WAIT_S = 0.2
_LOOK_S = 1.0
_WRITE_GRACE_S = 1.0
_LINE_FACTOR = 1.3
_BITS_PER_BYTE = 10
_MOST_ORDERS = 16
_MOST_EVENTS = 64
_STEADY_S = 10.0

E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
Order = TypeVar("Order")
Order_contra = TypeVar("Order_contra", contravariant=True)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn(Generic[E_co]):
    """What a machine wants done now.

    Attributes:
        send: bytes for the device.
        events: what has happened.
        level, reason: how the device is; no level while that is not known yet: the last health stays.
        wait_s: how long the machine can wait for bytes before its next turn.
        is_hopeless: the link is to be closed and opened anew.
    """

    send: bytes = b""
    events: tuple[E_co, ...] = ()
    level: Level | None = Level.OK
    reason: str = ""
    wait_s: float = _LONGEST_WAIT_S
    is_hopeless: bool = False


class Machine(Protocol[Order_contra, E_co]):
    """A device's state machine. Times are seconds of a clock that never goes back."""

    def opened(self, now: float) -> None:
        """Begin: the link has just been opened, nothing is known of the device."""
        ...

    def obey(self, order: Order_contra, now: float) -> None:
        """Take an order."""
        ...

    def turn(self, heard: bytes, now: float) -> Turn[E_co]:
        """Take what the device said; return what to do."""
        ...

    def lost(self, now: float) -> None:
        """The link is gone, or was never there."""
        ...


@dataclass(frozen=True, slots=True)
class Port:
    """Where a device is.

    Attributes:
        connect: opens the link, alone; raises LinkLost.
        is_there: whether there is something to open; when it appears, it is opened without waiting.
        baud: line speed, for the time that writing may take.
        back_off_s: waits between tries; the last one again and again.
    """

    connect: Callable[[], Link]
    is_there: Callable[[], bool] = lambda: True
    baud: int = 115200
    back_off_s: tuple[float, ...] = BACK_OFF_S


def serial_port(path: str, *, baud: int) -> Port:
    """Return a serial port as a place; it need not be there yet."""
    return Port(lambda: SerialLink(path, baud=baud), is_there=Path(path).exists, baud=baud)


def line_time_s(count: int, baud: int) -> float:
    """Return how long so many bytes may take on a line, with some slack."""
    return count * _BITS_PER_BYTE / baud * _LINE_FACTOR


class Attendant(Generic[Order, E]):
    """One device in one thread. `order`, `take_events`, `health` and `close` may be called from any thread."""

    def __init__(
        self,
        machine: Machine[Order, E],
        *,
        name: str,
        port: Port,
        clock: Clock,
        on_news: Callable[[], None] = lambda: None,
    ) -> None:
        """Make it; `start` begins.

        Args:
            machine: decides.
            name: of the device, for logs and the thread.
            port: where the device is.
            clock: the time.
            on_news: called from the thread when there are events or another health; must not block.
        """
        self._machine = machine
        self._name = name
        self._port = port
        self._clock = clock
        self._was_there = True
        self._on_news = on_news
        self._link: Link | None = None
        self._heard = b""
        self._failures = 0
        self._opened_at = 0.0
        self._retry_at = clock.monotonic()
        self._lock = threading.Lock()
        self._orders: deque[Order] = deque(maxlen=_MOST_ORDERS)
        self._events: deque[E] = deque(maxlen=_MOST_EVENTS)
        self._health = Health(Level.DOWN, Reason.ABSENT)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def health(self) -> Health:
        """The last known health."""
        with self._lock:
            return self._health

    def order(self, order: Order) -> None:
        """Have the machine take an order at its next turn."""
        with self._lock:
            self._orders.append(order)

    def take_events(self) -> tuple[E, ...]:
        """Return what has happened since the last time, oldest first."""
        with self._lock:
            events = tuple(self._events)
            self._events.clear()
        return events

    def start(self) -> None:
        """Begin to attend."""
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def close(self, within_s: float = 5.0) -> None:
        """End and let the port go."""
        self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(within_s)
        self._hang_up()

    def _run(self) -> None:
        while not self._stopping.is_set():
            wait_s = self.attend()
            if wait_s > 0:
                self._stopping.wait(wait_s)

    def attend(self) -> float:
        """Do one round: open or turn; return the seconds in which there is nothing to do."""
        try:
            return self._round()
        except LinkLost as lost:
            self._lose(lost.reason)
        except (
            Exception
        ):  # the supervisor of this thread: a device that fails must not take the terminal with it
            logger.exception("device driver failed", extra={"device": self._name})
            self._lose(Reason.DRIVER)
        return 0.0

    def _round(self) -> float:
        now = self._clock.monotonic()
        if self._link is None:
            if now < self._retry_at and not self._has_appeared():
                return min(self._retry_at - now, _LOOK_S)
            self._open()
        link = self._link
        if link is None:
            return 0.0
        turn = self._turn()
        self._publish(turn)
        self._send(link, turn.send)
        if turn.is_hopeless:
            self._lose(turn.reason)
            return 0.0
        self._heard = link.read(min(max(turn.wait_s, 0.0), _LONGEST_WAIT_S))
        return 0.0

    def _has_appeared(self) -> bool:
        """Tell whether what was not there before has just been plugged in: that ends the waiting."""
        was_there, self._was_there = self._was_there, self._port.is_there()
        return self._was_there and not was_there

    def _open(self) -> None:
        link = self._port.connect()
        self._link = link
        end = self._clock.monotonic() + SETTLE_S
        while (left := end - self._clock.monotonic()) > 0:
            link.read(left)
        self._heard = b""
        self._opened_at = self._clock.monotonic()
        self._machine.opened(self._opened_at)

    def _turn(self) -> Turn[E]:
        with self._lock:
            orders = tuple(self._orders)
            self._orders.clear()
        now = self._clock.monotonic()
        if now - self._opened_at > _STEADY_S:
            self._failures = 0
        for order in orders:
            self._machine.obey(order, now)
        heard, self._heard = self._heard, b""
        return self._machine.turn(heard, now)

    def _send(self, link: Link, data: bytes) -> None:
        """Send all of it in the time that the line needs.

        Raises:
            LinkLost: "silent" if the device takes nothing any more.
        """
        if not data:
            return
        end = self._clock.monotonic() + line_time_s(len(data), self._port.baud) + _WRITE_GRACE_S
        while data:
            if self._clock.monotonic() > end:
                raise LinkLost(Reason.SILENT, self._name)
            data = data[link.write(data) :]

    def _publish(self, turn: Turn[E]) -> None:
        with self._lock:
            self._events.extend(turn.events)
        has_changed = turn.level is not None and self._set_health(turn.level, turn.reason)
        if turn.events or has_changed:
            self._tell()

    def _lose(self, reason: str) -> None:
        self._hang_up()
        now = self._clock.monotonic()
        self._machine.lost(now)
        waits = self._port.back_off_s
        self._retry_at = now + waits[min(self._failures, len(waits) - 1)]
        self._failures += 1
        if reason == Reason.ABSENT and self.health.reason == Reason.UNPLUGGED:
            return  # the same loss, seen once more
        if self._set_health(Level.DOWN, reason):
            self._tell()

    def _hang_up(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _set_health(self, level: Level, reason: str) -> bool:
        """Keep a health that differs from the last, and log it: a loss once, its return once."""
        with self._lock:
            known = self._health
            if (known.level, known.reason) == (level, str(reason)) and known.since is not None:
                return False
            self._health = Health(level, str(reason), self._clock.now())
        write = logger.warning if level is Level.DOWN else logger.info
        write(
            "device health",
            extra={"device": self._name, "level": str(level), "reason": str(reason)},
        )
        return True

    def _tell(self) -> None:
        try:
            self._on_news()
        except Exception:  # whoever listens must not be able to stop the device
            logger.exception("listener of a device failed", extra={"device": self._name})
