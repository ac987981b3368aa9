"""Read what a person typed into a page's form. Nothing is trusted; a mistake is said in a sentence."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from content.errors import CallerError

Kind = TypeVar("Kind", bound=StrEnum)


class BadInput(CallerError):
    """A field of a form that cannot be used; the sentence says how to write it."""


def word(form: Mapping[str, object], name: str, *, limit: int = 500) -> str:
    """Return a line of text, trimmed; "" if it is missing."""
    value = form.get(name, "")
    return value.strip()[:limit] if isinstance(value, str) else ""


def number(form: Mapping[str, object], name: str, *, default: int = 0) -> int:
    """Return a whole number that is not negative; the default if it is none."""
    value = word(form, name, limit=18)
    return int(value) if value.isascii() and value.isdigit() else default


def day(form: Mapping[str, object], name: str, *, sentence: str) -> date | None:
    """Return a date as browsers send it, None if left empty.

    Raises:
        BadInput: not a date.
    """
    value = word(form, name, limit=10)
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise BadInput(sentence) from error


def choice(form: Mapping[str, object], name: str, kind: type[Kind]) -> Kind | None:
    """Return the chosen member, None if nothing or something unknown was chosen."""
    try:
        return kind(word(form, name))
    except ValueError:
        return None
