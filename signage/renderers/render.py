"""Make the view of a card: one renderer for each kind."""

from dataclasses import dataclass
from typing import assert_never

from kivy.uix.widget import Widget

from signage.cues import (
    Card,
    ClockCard,
    ClosedCard,
    DocumentCard,
    EmergencyCard,
    ListCard,
    WelcomeCard,
)
from signage.renderers.clock import ClockView
from signage.renderers.closed import ClosedView
from signage.renderers.document import DocumentView
from signage.renderers.emergency import EmergencyView
from signage.renderers.listing import ListingView
from signage.renderers.welcome import WelcomeView
from signage.words import Words

READ_AT_M = 1.0
"""From how far a code should be read."""
MODULE_MM = 2.5


@dataclass(slots=True)
class Look:
    """What views need beside their card.

    Attributes:
        words: the language.
        public_url: base of the links in QR codes, "" for no codes.
        attended, phone: whether somebody is at hand, and whom to call.
        pixel_mm: how large a pixel of this screen is.
    """

    words: Words
    public_url: str = ""
    attended: bool = False
    phone: str = ""
    pixel_mm: float = 0.25

    @property
    def module_px(self) -> int:
        """Pixels a module of a code needs to be read from a metre away."""
        return max(4, -int(-MODULE_MM * READ_AT_M // self.pixel_mm))


def view_of(card: Card, look: Look) -> Widget:
    """Return a new view of the card."""
    match card:
        case DocumentCard():
            link = f"{look.public_url}/d/{card.found.record.id}" if look.public_url else ""
            return DocumentView(card, look.words, link=link, module_px=look.module_px)
        case EmergencyCard():
            return EmergencyView(card, look.words)
        case ListCard():
            return ListingView(card, look.words)
        case ClockCard():
            return ClockView(look.words)
        case WelcomeCard():
            way = look.words.way_to_help(attended=look.attended, phone=look.phone)
            return WelcomeView(look.words, way=way)
        case ClosedCard():
            return ClosedView(card, look.words)
        case _ as never:
            assert_never(never)
