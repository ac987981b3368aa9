"""All peripherals of a terminal but its printer: one attendant and one thread each, none of which can stop another.

What they tell is fetched by whoever listens (`on_news` says when); the hub itself waits for nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from devices.clock import Clock
from devices.drivers.attendant import Attendant, Port
from devices.drivers.health import Health
from devices.drivers.id_card.reader import BAUD as CARD_BAUD
from devices.drivers.id_card.reader import IdCardReader
from devices.drivers.input_link import FOLDER
from devices.drivers.keypad.codec import Key
from devices.drivers.keypad.machine import BAUD as KEYPAD_BAUD
from devices.drivers.keypad.machine import KeypadMachine
from devices.drivers.presence.judgement import Event as PresenceEvent
from devices.drivers.presence.judgement import Judgement
from devices.drivers.presence.machine import BAUD as RADAR_BAUD
from devices.drivers.presence.machine import PresenceMachine
from devices.drivers.reasons import Kind
from devices.drivers.scanner.codec import Scan
from devices.drivers.scanner.machine import BAUD as SCANNER_BAUD
from devices.drivers.scanner.machine import ScannerMachine, Trigger
from devices.drivers.text_sign.bx import Sign
from devices.drivers.text_sign.sign import (
    BX_BAUD,
    PLAIN_BAUD,
    AttendedSign,
    BxSpeech,
    PlainSpeech,
)
from devices.drivers.ups.machine import Event as UpsEvent
from devices.drivers.ups.machine import UpsMachine
from devices.hub.finding import Finder, ListPorts, plugged_in
from devices.hub.place import AtPath, Peripheral, parse_place

_NETWORK_BAUD = 115200
"""Of no line at all: only how long writing may take follows from it."""

_LEAVING_CM = 50
"""Who has come near is still there when so much farther away: people sway."""

Scanner = Attendant[Trigger, Scan]
Radar = Attendant[None, PresenceEvent]
Supply = Attendant[None, UpsEvent]
Keypad = Attendant[None, Key]


class Hub:
    """The attendants, by kind; None where the terminal has no such device."""

    def __init__(
        self,
        wanted: Mapping[Kind, Peripheral],
        *,
        clock: Clock,
        on_news: Callable[[], None] = lambda: None,
        claimed: Iterable[str] = (),
        list_ports: ListPorts = plugged_in,
    ) -> None:
        """Make it; `start` begins.

        Args:
            wanted: kind -> its settings; those without a place are left out.
            clock: the time.
            on_news: called from any device's thread; must not block.
            claimed: ports that belong to others, the printer's above all.
            list_ports: what is plugged in now.

        Raises:
            BadPlace: a setting names no place.
        """
        self._clock = clock
        self._on_news = on_news
        self._wanted = {kind: one for kind, one in wanted.items() if one.at}
        places = {kind: parse_place(one.at, kind) for kind, one in self._wanted.items()}
        self._places = places
        named = (place.path for place in places.values() if isinstance(place, AtPath))
        self._finder = Finder(clock=clock, claimed=(*claimed, *named), list_ports=list_ports)
        self.card = self._card()
        self.scanner: Scanner | None = self._attend(
            Kind.SCANNER, ScannerMachine(), baud=SCANNER_BAUD
        )
        self.presence: Radar | None = self._radar()
        self.sign = self._sign()
        self.ups: Supply | None = self._attend(
            Kind.UPS, UpsMachine(self._settings(Kind.UPS).name), baud=_NETWORK_BAUD
        )
        self.keypad: Keypad | None = self._keypad()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What this terminal has."""
        return tuple(kind for kind in Kind if kind in self._wanted)

    def health(self) -> dict[Kind, Health]:
        """Return how each device is; one that has not been looked at yet is left out."""
        found = {kind: one.health for kind, one in self._attended().items()}
        return {kind: health for kind, health in found.items() if health.since is not None}

    def start(self) -> None:
        """Begin to attend all of them; returns at once."""
        for one in self._attended().values():
            one.start()

    def close(self) -> None:
        """End all of them and let the ports go."""
        for one in self._attended().values():
            one.close()

    def _attended(self) -> dict[Kind, Any]:
        every = {
            Kind.ID_CARD: self.card,
            Kind.SCANNER: self.scanner,
            Kind.PRESENCE: self.presence,
            Kind.TEXT_SIGN: self.sign,
            Kind.UPS: self.ups,
            Kind.KEYPAD: self.keypad,
        }
        return {kind: one for kind, one in every.items() if one is not None}

    def _settings(self, kind: Kind) -> Peripheral:
        return self._wanted.get(kind, Peripheral())

    def _attend(self, kind: Kind, machine: Any, *, baud: int) -> Attendant[Any, Any] | None:
        if kind not in self._wanted:
            return None
        return Attendant(
            machine,
            name=str(kind),
            port=self._port(kind, baud),
            clock=self._clock,
            on_news=self._on_news,
        )

    def _card(self) -> IdCardReader | None:
        if Kind.ID_CARD not in self._wanted:
            return None
        port = self._port(Kind.ID_CARD, CARD_BAUD)
        return IdCardReader(port=port, clock=self._clock, on_news=self._on_news)

    def _radar(self) -> Radar | None:
        near_cm = self._settings(Kind.PRESENCE).near_cm
        judgement = Judgement(near_cm=near_cm, far_cm=near_cm + _LEAVING_CM)
        return self._attend(Kind.PRESENCE, PresenceMachine(judgement), baud=RADAR_BAUD)

    def _keypad(self) -> Keypad | None:
        place = self._places.get(Kind.KEYPAD)
        is_input = isinstance(place, AtPath) and place.path.startswith(FOLDER)
        return self._attend(Kind.KEYPAD, KeypadMachine(is_input_device=is_input), baud=KEYPAD_BAUD)

    def _sign(self) -> AttendedSign | None:
        if Kind.TEXT_SIGN not in self._wanted:
            return None
        one = self._settings(Kind.TEXT_SIGN)
        sign = Sign(address=one.address, width=one.width, height=one.height)
        speech = PlainSpeech() if one.plain else BxSpeech(sign)
        return AttendedSign(
            speech,
            port=self._port(Kind.TEXT_SIGN, PLAIN_BAUD if one.plain else BX_BAUD),
            clock=self._clock,
            on_news=self._on_news,
        )

    def _port(self, kind: Kind, usual_baud: int) -> Port:
        baud = self._settings(kind).baud or usual_baud
        return self._finder.port(self._places[kind], kind, baud=baud)
