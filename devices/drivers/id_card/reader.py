"""The card reader of a terminal: ask for a card, take what came of it, stop."""

from collections.abc import Callable

from devices.clock import Clock
from devices.drivers.attendant import Attendant, Port, serial_port
from devices.drivers.health import Health
from devices.drivers.id_card.machine import Ask, Event, IdCardMachine, Order, Stop

BAUD = 115200


class IdCardReader:
    """One reader in one thread. Every method may be called from any thread and none of them raises."""

    def __init__(
        self,
        *,
        port: Port,
        clock: Clock,
        on_news: Callable[[], None] = lambda: None,
    ) -> None:
        """Make it; see devices.drivers.attendant.Attendant. `on_news` must lead to `take_events` soon."""
        self._steps = 0
        self._asked = 0
        self.attendant: Attendant[Order, Event] = Attendant(
            IdCardMachine(baud=port.baud),
            name="id_card",
            port=port,
            clock=clock,
            on_news=on_news,
        )

    @property
    def health(self) -> Health:
        """The last known health."""
        return self.attendant.health

    def start(self) -> None:
        """Begin to attend the reader."""
        self.attendant.start()

    def close(self) -> None:
        """End and let the port go."""
        self.stop()
        self.attendant.close()
        self.attendant.take_events()

    def ask(self) -> int:
        """Begin to look for a card; return the number of this step, which its events carry."""
        self._steps += 1
        self._asked = self._steps
        self.attendant.take_events()
        self.attendant.order(Ask(self._asked))
        return self._asked

    def stop(self) -> None:
        """Stop looking; what was read and not taken is dropped."""
        self._asked = 0
        self.attendant.order(Stop())
        self.attendant.take_events()

    def take_events(self) -> tuple[Event, ...]:
        """Return what has happened in the step that asks now; what belongs to another is dropped."""
        asked = self._asked
        return tuple(event for event in self.attendant.take_events() if event.step == asked != 0)


def open_reader(
    path: str,
    *,
    clock: Clock,
    baud: int = BAUD,
    on_news: Callable[[], None] = lambda: None,
) -> IdCardReader:
    """Return a started reader at a serial port; that nothing is there yet is a state of health."""
    reader = IdCardReader(port=serial_port(path, baud=baud), clock=clock, on_news=on_news)
    reader.start()
    return reader
