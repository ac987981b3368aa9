"""Make this terminal's slips with content.paper, and check forms with content.requests."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache

from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord
from content.errors import NotFound
from content.paper.slip import Slip
from content.replica.ports import Verified
from content.requests.form import RequestForm
from content.workdays import WorkCalendar, china_calendar
from devices.ipc.messages import Welcome
from kiosk.flows.ports import Filed


class ZonePaper:
    """Slips of the terminal that the Welcome names."""

    def __init__(self, welcome: Welcome) -> None:
        self._welcome = welcome

    def record(self, found: Verified, *, url: str, at: datetime) -> Slip:
        """Return the extract of a document, or the guide of a service item.

        Raises:
            NotFound: nothing that is printed.
        """
        from content.paper.slips import document_slip, item_slip

        terminal, day = self._welcome.terminal, at.date()
        match found.record:
            case DisclosureRecord() as record:
                return document_slip(
                    record, url=url, terminal=terminal, printed_on=day, version=found.version
                )
            case CatalogItem() as record:
                return item_slip(record, url=url, terminal=terminal, printed_on=day)
            case _:
                raise NotFound("这份内容不能打印。")

    def more(self, found: Verified, *, url: str, at: datetime) -> Slip | None:
        """Return the one slip more that the record gives, None if it gives none."""
        from content.paper.notices import Footing
        from content.paper.offers import extra_slip

        record = found.record
        if not isinstance(record, DisclosureRecord | CatalogItem):
            return None
        footing = Footing(
            code=record.id,
            url=url,
            version=f"第{found.version}版",
            checked_on=None,
            terminal=self._welcome.terminal,
            printed_on=at.date(),
        )
        return extra_slip(record, footing)

    def receipt(self, filed: Filed) -> Slip:
        """Return the receipt.

        Handed in at a staffed hall the day of filing is the day of receipt (article 31 (1)), so the last day
        to answer can be said; else it is the day on which both sides confirm, and cannot.
        """
        from content.paper.slips import receipt_slip
        from content.requests.deadlines import reply_due

        filed_on = filed.at.date()
        in_person = self._welcome.attended
        due = reply_due(filed_on if in_person else None, _calendar())
        return receipt_slip(
            code=filed.code,
            number=filed.number,
            masked_name=masked_name(filed.form.name),
            body=filed.form.body,
            description=filed.form.description,
            filed_on=filed_on,
            in_person=in_person,
            due_on=due.day if due else None,
            due_provisional=bool(due and due.provisional),
            url=filed.url,
            terminal=self._welcome.terminal,
        )


def masked_name(name: str) -> str:
    """Return the name with all but its first character masked: slips are left lying about."""
    name = name.strip()
    return name[:1] + "*" * (len(name) - 1)


def check_form(form: RequestForm) -> Mapping[str, str]:
    """Return field name -> what to do about it."""
    from content.requests.checking import missing

    return {one.field.value: one.sentence for one in missing(form)}


@cache
def _calendar() -> WorkCalendar:
    return china_calendar()
