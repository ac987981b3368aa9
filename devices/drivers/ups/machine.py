"""Watch a power supply through NUT: say when the mains go, come back, and when it is time to stop."""

from collections.abc import Callable
from dataclasses import dataclass

from devices.clock import Clock
from devices.drivers.attendant import Attendant, Port, Turn
from devices.drivers.health import Level
from devices.drivers.reasons import Reason
from devices.drivers.tcp_link import TcpLink
from devices.drivers.ups.codec import (
    PORT,
    Failed,
    Flag,
    Lines,
    Listed,
    ListEnd,
    Reply,
    Variable,
    flags,
    get_variable,
    list_ups,
)

ASK_EVERY_S = 1.0
ANSWER_S = 3.0
BLIND_S = 15.0
"""On battery and without news for so long, the worst is assumed, as NUT's own monitor does."""
_STATUS = "ups.status"


@dataclass(frozen=True, slots=True)
class PowerLost:
    """The mains are gone; the battery carries the terminal."""


@dataclass(frozen=True, slots=True)
class PowerBack:
    """The mains are back."""


@dataclass(frozen=True, slots=True)
class ShutDownSoon:
    """The battery is nearly empty, or the supply has been told to switch off: finish, close, stop."""


Event = PowerLost | PowerBack | ShutDownSoon


class UpsMachine:
    """See devices.drivers.attendant.Machine. It takes no orders; without a name the first supply is taken."""

    def __init__(self, ups: str = "") -> None:
        self._wanted = ups
        self._ups = ups
        self._lines = Lines()
        self._due = 0.0
        self._deadline: float | None = None
        self._level: Level | None = None
        self._reason = ""
        self._is_on_battery = False
        self._is_stopping = False
        self._seen_at = 0.0
        self._events: list[Event] = []

    def opened(self, now: float) -> None:
        """Begin; whether the mains are gone is remembered from before."""
        self._lines.clear()
        self._ups = self._wanted
        self._due, self._deadline = now, None
        self._level = None

    def lost(self, now: float) -> None:
        """See `opened`."""
        self.opened(now)

    def obey(self, order: None, now: float) -> None:
        """There are no orders."""

    def turn(self, heard: bytes, now: float) -> Turn[Event]:
        """Take replies; ask again each second; hang up on a service that says nothing."""
        for reply in self._lines.feed(heard):
            self._take(reply, now)
            self._deadline = None
        if self._is_on_battery and now - self._seen_at > BLIND_S:
            self._warn()
        if self._deadline is not None and now >= self._deadline:
            return Turn(level=Level.DOWN, reason=Reason.SILENT, is_hopeless=True)
        send = b""
        if self._deadline is None and now >= self._due:
            send = get_variable(self._ups, _STATUS) if self._ups else list_ups()
            self._due, self._deadline = now + ASK_EVERY_S, now + ANSWER_S
        events, self._events = tuple(self._events), []
        return Turn(send=send, events=events, level=self._level, reason=self._reason)

    def _take(self, reply: Reply, now: float) -> None:
        match reply:
            case Variable(name=name, value=value):
                if name == _STATUS:
                    self._seen_at = now
                    self._judge(flags(value))
            case Listed(ups):
                self._ups = self._ups or ups
            case ListEnd():
                if not self._ups:
                    self._set(Level.DOWN, Reason.UNKNOWN_UPS)
            case Failed(code):
                is_unknown = code in {"UNKNOWN-UPS", "ACCESS-DENIED"}
                self._set(Level.DOWN, Reason.UNKNOWN_UPS if is_unknown else Reason.STALE)

    def _judge(self, now_set: frozenset[Flag]) -> None:
        is_on_battery = Flag.ON_BATTERY in now_set
        # A low battery under mains power is charging again: no reason to stop.
        is_ending = Flag.FORCED_SHUTDOWN in now_set or (
            is_on_battery and Flag.LOW_BATTERY in now_set
        )
        if is_on_battery != self._is_on_battery:
            self._events.append(PowerLost() if is_on_battery else PowerBack())
        self._is_on_battery = is_on_battery
        if is_ending:
            self._warn()
        self._is_stopping = is_ending
        if is_ending:
            self._set(Level.WARN, Reason.BATTERY_LOW)
        elif is_on_battery:
            self._set(Level.WARN, Reason.ON_BATTERY)
        elif Flag.REPLACE_BATTERY in now_set:
            self._set(Level.WARN, Reason.REPLACE_BATTERY)
        else:
            self._set(Level.OK, "")

    def _warn(self) -> None:
        """Say once an outage that it is time to stop."""
        if not self._is_stopping:
            self._events.append(ShutDownSoon())
        self._is_stopping = True

    def _set(self, level: Level, reason: str) -> None:
        self._level, self._reason = level, reason


def open_ups(
    *,
    clock: Clock,
    host: str = "127.0.0.1",
    port: int = PORT,
    ups: str = "",
    on_news: Callable[[], None] = lambda: None,
) -> Attendant[None, Event]:
    """Return a started watch over a supply that a NUT server knows; "" takes the first it lists."""
    watch: Attendant[None, Event] = Attendant(
        UpsMachine(ups),
        name="ups",
        port=Port(lambda: TcpLink(host, port)),
        clock=clock,
        on_news=on_news,
    )
    watch.start()
    return watch
