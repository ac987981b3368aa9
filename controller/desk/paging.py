"""Turn long lists into pages: earlier and later, with the filters kept."""

from dataclasses import dataclass
from typing import Self

from aiohttp import web
from yarl import URL

from controller.desk.forms import number


@dataclass(frozen=True, slots=True)
class Pager:
    """Addresses of the pages beside this one; "" where there is none."""

    earlier: str
    later: str

    @classmethod
    def of(cls, request: web.Request, *, offset: int, size: int, more: bool) -> Self:
        """Return the neighbours of the page that begins at `offset`."""
        return cls.at(request.rel_url, offset=offset, size=size, more=more)

    @classmethod
    def at(cls, address: URL, *, offset: int, size: int, more: bool) -> Self:
        """Return the neighbours of the page that begins at `offset`, of a list at another address."""
        return cls(
            earlier=_at(address, max(offset - size, 0)) if offset else "",
            later=_at(address, offset + size) if more else "",
        )


def offset_of(request: web.Request) -> int:
    """Return where the asked page begins."""
    return number(request.query, "offset")


def _at(address: URL, offset: int) -> str:
    return str(address.update_query(offset=str(offset)))
