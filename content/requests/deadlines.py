"""The terms of 政府信息公开条例 (2019) in a request's life, each with its article.

A due date is always counted from events and a calendar, never typed or stored as a fact.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from content.workdays import Counted, WorkCalendar


@dataclass(frozen=True, slots=True)
class Term:
    """A term in working days.

    Attributes:
        workdays: its length; the day that starts it does not count.
        article: where it stands in the regulations.
        name_zh: what the desk calls it.
    """

    workdays: int
    article: int
    name_zh: str


class Deadline(Enum):
    """Every term that the law sets for a request."""

    CORRECTION_NOTICE = Term(7, 30, "补正告知期限")
    REPLY = Term(20, 33, "答复期限")
    EXTENSION = Term(20, 33, "延长答复期限")
    THIRD_PARTY_OPINION = Term(15, 32, "第三方意见期限")
    JOINT_BODY_OPINION = Term(15, 34, "共同制作机关意见期限")


class ExtensionRefused(ValueError):
    """The reply term cannot be extended so."""


def due(deadline: Deadline, start: date, calendar: WorkCalendar) -> Counted:
    """Return the last day of a term that starts on `start` (day 1 is the next working day)."""
    return calendar.add_workdays(start, deadline.value.workdays)


def extended_due(reply_due: date, workdays: int, calendar: WorkCalendar) -> Counted:
    """Return the last day to reply after an extension (article 33: at most 20 working days, once).

    Raises:
        ExtensionRefused: it is not 1 to 20 working days.
    """
    if not 1 <= workdays <= Deadline.EXTENSION.value.workdays:
        raise ExtensionRefused(
            "延长答复的期限应为 1 至 20 个工作日（条例第三十三条），请重新填写。"
        )
    return calendar.add_workdays(reply_due, workdays)


def reply_due(
    received_on: date | None, calendar: WorkCalendar, *, corrected_on: date | None = None
) -> Counted | None:
    """Return the last day to reply; None while the day of receipt is not settled.

    Args:
        received_on: day of receipt (article 31).
        calendar: the working days.
        corrected_on: day on which a correction came in: the term starts anew from it (article 30).
    """
    start = corrected_on or received_on
    return due(Deadline.REPLY, start, calendar) if start else None
