"""Decide what a scanned text asks for. Only our own links and codes act; no scanned address is ever opened."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from content.codes import BadCode, parse_code

_LONGEST = 512
_VERSION = re.compile(r"(?:v=[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """Show this document."""

    id: str


@dataclass(frozen=True, slots=True)
class OpenReceipt:
    """Show what became of the request with this receipt code."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OtherText:
    """Not ours. A step that asks for text may take it as typed; nothing else may."""

    text: str = field(repr=False)


Meaning = OpenRecord | OpenReceipt | OtherText


def recognise(text: str, *, public_url: str, is_record: Callable[[str], bool]) -> Meaning:
    """Return what a scanned text asks for.

    Args:
        text: as scanned.
        public_url: base of the links that this zone prints.
        is_record: whether a record with this id is published here. Bare codes of documents and of receipts look
            alike; which one it is, only the content can tell.
    """
    meaning = _from_link(text, public_url) if len(text) <= _LONGEST else None
    if meaning is None:
        code = _code(text)
        if code is not None:
            meaning = OpenRecord(code) if is_record(code) else OpenReceipt(code)
    return meaning if meaning is not None else OtherText(text)


def _from_link(text: str, public_url: str) -> Meaning | None:
    """Read public_url/d/ID, which may name the version on the reader's slip, and public_url/r/CODE.

    Nothing else may stand before, between or behind.
    """
    link, base = _parts(text.strip()), _parts(public_url)
    if link is None or base is None or not base.netloc:
        return None
    if (link.scheme, link.netloc.lower()) != (base.scheme, base.netloc.lower()):
        return None
    root, path = base.path.rstrip("/").lower(), link.path
    if not path.lower().startswith(f"{root}/") or _has_more(link):
        return None
    match path[len(root) + 1 :].split("/"):
        case [kind, part]:
            code = _code(part)
        case _:
            return None
    if code is None:
        return None
    match kind.lower():
        case "d":
            return OpenRecord(code)
        case "r":
            return OpenReceipt(code)
        case _:
            return None


def _has_more(link: SplitResult) -> bool:
    return bool(link.fragment) or not _VERSION.fullmatch(link.query)


def _parts(text: str) -> SplitResult | None:
    # urlsplit forgives tabs and line ends inside a link: ours have none.
    if any(not "!" <= sign <= "~" for sign in text):
        return None
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _code(text: str) -> str | None:
    try:
        return parse_code(text)
    except BadCode:
        return None
