"""咨询: whom to ring and where to go, department by department, from the published items and documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord

if TYPE_CHECKING:
    from kiosk.flows.content import Content
    from kiosk.words import Words

PAGE_CARDS = 6
MOST_READ = 200


@dataclass(frozen=True, slots=True)
class Contact:
    """One department: telephone, place, hours; what is not published stays empty."""

    department: str
    phone: str
    where: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class ConsultView:
    """What the screen draws; page counts from 1, pages is 0 without contacts."""

    contacts: tuple[Contact, ...] = ()
    page: int = 0
    pages: int = 0


class ConsultFlow:
    """Lists contacts, six cards a page."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._all: tuple[Contact, ...] = ()
        self._fits = PAGE_CARDS
        self.view = ConsultView()

    def open(self, content: Content) -> None:
        """Read the contacts and show the first page."""
        self._all = contacts_of(content)
        self._show(1)

    def turn(self, pages: int) -> None:
        """Go some pages on, within what there is."""
        self._show(min(max(1, self.view.page + pages), max(1, self.view.pages)))

    def fit(self, cards: int) -> None:
        """Show this many cards a page, as the screen and the type size allow."""
        cards = min(max(1, cards), PAGE_CARDS)
        if cards != self._fits:
            first = (max(1, self.view.page) - 1) * self._fits
            self._fits = cards
            if self.view.page:
                self._show(first // cards + 1)

    def wipe(self) -> None:
        """Go back to the first page for the next visitor."""
        self._all = ()
        self.view = ConsultView()

    def _show(self, page: int) -> None:
        pages = -(-len(self._all) // self._fits)
        start = (page - 1) * self._fits
        shown = self._all[start : start + self._fits]
        self.view = ConsultView(shown, page if shown else 0, pages)


def contacts_of(content: Content) -> tuple[Contact, ...]:
    """Return one contact a department that has published a telephone, items before documents."""
    found: dict[str, Contact] = {}
    for one in content.newest("item", limit=MOST_READ):
        if isinstance(one.record, CatalogItem) and one.record.phone:
            item = one.record
            contact = Contact(item.department, item.phone, item.where, item.when)
            found.setdefault(item.department, contact)
    for one in content.newest("document", limit=MOST_READ):
        if isinstance(one.record, DisclosureRecord) and one.record.contact:
            body = one.record.issuing_body
            found.setdefault(body, Contact(body, one.record.contact))
    return tuple(found[name] for name in sorted(found))


def bodies_of(content: Content) -> tuple[str, ...]:
    """Return the bodies that issued documents or run services, most active first."""
    counts: dict[str, int] = {}
    for kind in ("document", "item"):
        for one in content.newest(kind, limit=MOST_READ):
            match one.record:
                case DisclosureRecord() as record:
                    name = record.issuing_body
                case CatalogItem() as record:
                    name = record.department
                case _:
                    name = ""
            if name:
                counts[name] = counts.get(name, 0) + 1
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))
