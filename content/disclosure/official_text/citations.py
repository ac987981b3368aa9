"""Documents that a text cites: 《title》 with its number after it, whole or damaged."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from content.disclosure.official_text.wording import close_up, compact

_NAME = r"《((?:[^《》]|《[^《》]*》){2,160})》"
_NUMBER_FORM = (
    r"[\u3400-\u9fff]{1,16}(?:〔\s*\d{4}\s*〕|\[\d{4}\]|［\d{4}］|【\d{4}】)\s*\d{1,5}\s*号|"
    r"[\u3400-\u9fff]{0,8}令\s*第\s*\d{1,5}\s*号"
)
_CITED = re.compile(rf"{_NAME}(?:\s*[（(]\s*({_NUMBER_FORM}))?|(?<=[（(])\s*({_NUMBER_FORM})")
_DAMAGED = re.compile(
    r"[\u3400-\u9fff]{1,16}〔\s*(?:\d*\s*号|\d{4}\s*〕\s*号|\d{1,3}〕\s*\d*\s*号|\d{5,}\s*〕\s*\d*\s*号)|"
    r"[\u3400-\u9fff]{1,8}\d{4}〕\s*\d*\s*号"
)
_LEAD = re.compile(
    "^.*(?:按照|根据|依据|依照|遵照|落实|贯彻|参照|以及|关于|详见|的|和|及)(?=.{2,})"
)
_SHORT_NAME = re.compile(r"(?:简称|统称)\s*[:：]?\s*[“‘]?《([^《》]{2,60})》")


@dataclass(frozen=True, slots=True)
class Citation:
    """A cited document.

    Attributes:
        title: what stands in 《》, or "".
        number: its 文号 as written, gaps closed, or "".
    """

    title: str
    number: str

    @property
    def label(self) -> str:
        """Title and number as an official text writes them."""
        title = f"《{self.title}》" if self.title else ""
        return f"{title}（{self.number}）" if title and self.number else title or self.number


def citations_in(text: str) -> tuple[Citation, ...]:
    """Return the documents that a paragraph cites, in order."""
    found = (match.groups(default="") for match in _CITED.finditer(text))
    return tuple(
        Citation(close_up(title), compact(number or bare)) for title, number, bare in found
    )


def short_names_in(text: str) -> tuple[str, ...]:
    """Return the names that the text gives to documents it has cited in full (以下简称《…》)."""
    return tuple(close_up(name) for name in _SHORT_NAME.findall(text))


def damaged_numbers_in(text: str) -> tuple[str, ...]:
    """Return cited numbers that have lost a bracket, a year or a number, as they are written."""
    return tuple(_LEAD.sub("", match.group()) for match in _DAMAGED.finditer(text))


def without_own(
    citations: Iterable[Citation], own_titles: frozenset[str], own_number: str
) -> tuple[Citation, ...]:
    """Return each citation once, those of the document itself left out."""
    others = (
        item
        for item in citations
        if item.title not in own_titles and (not own_number or item.number != own_number)
    )
    return _merged(tuple(dict.fromkeys(others)))


def _merged(citations: tuple[Citation, ...]) -> tuple[Citation, ...]:
    """Leave out a bare title or number that another citation gives together with its pair."""
    pairs = tuple(item for item in citations if item.title and item.number)
    titles, numbers = {item.title for item in pairs}, {item.number for item in pairs}
    return tuple(
        item
        for item in citations
        if (item.title and item.number) or not (item.title in titles or item.number in numbers)
    )
