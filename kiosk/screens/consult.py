"""咨询: telephone numbers and places, and how to get help from a person."""

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.flows.consult import ConsultView, Contact
from kiosk.flows.kiosk import Kiosk
from kiosk.screens.screen import KioskScreen
from kiosk.widgets import page_bar as _page_bar  # noqa: F401 - named in the kv rules
from signage.kit.rules import load_rules

load_rules(__file__)

CARD_PX, WIDE_CARD_PX, WIDE_PX = 216, 176, 1300
GAP = 16


class ContactCard(BoxLayout):
    """One department. Not a button: nothing here pretends to ring. Keys reach it as a whole."""

    is_one_stop = True

    department = StringProperty("")
    phone = StringProperty("")
    place = StringProperty("")

    def fill(self, contact: Contact) -> None:
        """Show this contact."""
        self.department = contact.department
        self.phone = contact.phone
        self.place = "　".join(part for part in (contact.where, contact.when) if part)


class ConsultScreen(KioskScreen):
    """Cards and page buttons; the help card is always there."""

    none_title = StringProperty("")

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__(kiosk)
        self._shown: ConsultView | None = None
        self.ids.pages.bind(on_turn=lambda _, by: self._turn(by))
        self._fit = Clock.create_trigger(self._fit_now, 0)
        self.ids.cards.fbind("size", self._fit)

    @property
    def title(self) -> str:
        """The strip's word."""
        return self.kiosk.words("consult.title")

    def show(self) -> None:
        """Render the contacts."""
        view = self.kiosk.consult.view
        if view == self._shown:
            return
        self._shown = view
        self.none_title = "" if view.contacts else self.kiosk.words("consult.none")
        cards = self.ids.cards
        cards.clear_widgets()
        for contact in view.contacts:
            card = ContactCard()
            card.fill(contact)
            cards.add_widget(card)
        cards.add_widget(BoxLayout())
        where = self.kiosk.words("page.of", page=view.page, pages=view.pages)
        self.ids.pages.show(view.page, view.pages, where)
        self._fit()

    def _turn(self, by: int) -> None:
        self.kiosk.consult.turn(by)
        self.refresh()

    def _fit_now(self, *_: object) -> None:
        room = self.ids.cards.height + GAP
        high = WIDE_CARD_PX if self.ids.cards.width > WIDE_PX else CARD_PX
        card = high * App.get_running_app().theme.scale + GAP
        self.kiosk.consult.fit(int(room // card))
        self.refresh()
