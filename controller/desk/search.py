"""The desk's search over what is published: what a citizen of a region finds, why, and what staff can do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from yarl import URL

from content.answers.answer import NO_ANSWER, Certainty
from content.answers.guide import Aspect
from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord, Validity
from content.replica.ports import Hit, Results
from content.search.analyse import is_question
from content.search.facets import Facet, Found, divided, is_chosen
from content.search.highlight import Piece, pieces
from controller.auth.permissions import Permission, allow
from controller.auth.sessions import signed_in
from controller.desk.forms import word
from controller.desk.pages import address, page, say
from controller.desk.paging import Pager, offset_of
from controller.keys import CURATION, SEARCH_COPY, SEARCHES
from controller.services.search_copy import SearchCopy

ROWS = 10
LONGEST = 60
MOST = 200
"""Hits that are looked through for the facets: all that the ranking gives."""
MOST_CHOICES = 8
FEW = 3
OFTEN = 12
KEYS = frozenset({Facet.LEVEL, Facet.AUDIENCE})
"""Facets whose values are keys with a word of their own."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: its word, how many there are, and the address with it chosen or let go."""

    text: str
    count: int
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One result. `why` and `through` say what brought it here; `repealed` that it is no longer in force."""

    record: str
    title: tuple[Piece, ...]
    second: str
    snippet: tuple[Piece, ...]
    why: str
    through: str
    is_item: bool
    repealed: bool


async def search(request: web.Request) -> web.Response:
    """Show the form, and what a citizen of `?region=` finds for `?q=`, narrowed by the facets."""
    by, services = signed_in(request), request.config_dict
    query = " ".join(word(request.query, "q", limit=LONGEST).split())
    region = services[CURATION].region(word(request.query, "region"))
    copy = services[SEARCH_COPY]
    results = await copy.search(query, region=region, limit=MOST) if query else Results((), 0)
    chosen = _chosen(request)
    kept = _kept(results, chosen)
    offset = min(offset_of(request), max(0, len(kept) - 1) // ROWS * ROWS)
    return await page(
        request,
        "search.html",
        query=query,
        region=region,
        regions=await services[CURATION].regions(by),
        facets=_facets(request, results, chosen),
        lines=tuple(_line(request, hit) for hit in kept[offset : offset + ROWS]),
        first=offset + 1,
        total=len(kept),
        narrowed=bool(chosen),
        widened=_without(request, *Facet),
        pager=Pager.of(request, offset=offset, size=ROWS, more=len(kept) > offset + ROWS),
        may_edit=allow(by, Permission.EDIT_WORDS),
        **await _aside(request, copy, query, region, results),
    )


async def _aside(
    request: web.Request, copy: SearchCopy, query: str, region: str, results: Results
) -> dict[str, Any]:
    """Return what stands beside the list: the answer to a question, another spelling, what others ask."""
    asked = bool(query) and is_question(query)
    poor = len(results.hits) < FEW or not any(hit.title_marks for hit in results.hits)
    answers = NO_ANSWER
    if asked:
        aspects = {aspect: say(request, f"aspect.{aspect}") for aspect in Aspect}
        answers = await copy.answer(query, words=aspects, region=region)
    quoted = tuple((one, pieces(one.quote, one.marks)) for one in answers.quoted)
    looked = None if query else await request.config_dict[SEARCHES].looked_for(signed_in(request))
    return {
        "asked": asked,
        "answers": answers,
        "quoted": quoted,
        "certainty": Certainty,
        "meant": await copy.meant(query, region=region) if query and poor else "",
        "hot": () if query else await copy.hot(region=region),
        "often": looked.asked[:OFTEN] if looked else (),
    }


def _chosen(request: web.Request) -> dict[Facet, str]:
    asked = {facet: word(request.query, str(facet), limit=LONGEST) for facet in Facet}
    return {facet: value for facet, value in asked.items() if value}


def _kept(results: Results, chosen: Mapping[Facet, str]) -> tuple[Hit, ...]:
    return tuple(
        hit for hit in results.hits if (one := _record(hit)) is not None and is_chosen(one, chosen)
    )


def _record(hit: Hit) -> Found | None:
    record = hit.found.record
    return record if isinstance(record, DisclosureRecord | CatalogItem) else None


def _facets(
    request: web.Request, results: Results, chosen: Mapping[Facet, str]
) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    found = [one for hit in results.hits if (one := _record(hit)) is not None]
    return tuple(
        (
            str(facet),
            tuple(
                Choice(
                    _word(request, facet, chip.value),
                    chip.count,
                    _without(request, facet)
                    if chosen.get(facet) == chip.value
                    else _with(request, facet, chip.value),
                    chosen.get(facet) == chip.value,
                )
                for chip in choices[:MOST_CHOICES]
            ),
        )
        for facet, choices in divided(found, chosen)
    )


def _word(request: web.Request, facet: Facet, value: str) -> str:
    return say(request, f"facet.{value}") if facet in KEYS else value


def _with(request: web.Request, facet: Facet, value: str) -> str:
    return str(_first_page(request).update_query({str(facet): value}))


def _without(request: web.Request, *facets: Facet) -> str:
    return str(_first_page(request).without_query_params(*(str(one) for one in facets)))


def _first_page(request: web.Request) -> URL:
    return request.rel_url.without_query_params("offset", "done").with_path(
        address(request, "search"), keep_query=True
    )


def _line(request: web.Request, hit: Hit) -> Line:
    record = hit.found.record
    second: tuple[str, ...] = ()
    if isinstance(record, DisclosureRecord):
        day = record.written_on or record.published_on
        second = (record.document_number, day.isoformat(), record.issuing_body)
    elif isinstance(record, CatalogItem):
        second = (record.department, record.where)
    return Line(
        record.id,
        pieces(record.title, hit.title_marks),
        say(request, "search.between").join(part for part in second if part),
        pieces(hit.snippet, hit.snippet_marks),
        hit.why,
        hit.through if hit.why in {"alias", "synonym", "pinyin"} else "",
        isinstance(record, CatalogItem),
        isinstance(record, DisclosureRecord) and record.validity is Validity.REPEALED,
    )
