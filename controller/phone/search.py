"""The citizens' search page: results, the answering passage for a question, and ways on where nothing is found.

Nothing about the visitor is kept: no cookie, no script, and the query stands in the address alone.
"""

from dataclasses import dataclass

from aiohttp import web

from content.answers.answer import NO_ANSWER, Answer, Certainty
from content.answers.guide import Aspect
from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord, Validity
from content.replica.ports import Hit
from content.search.analyse import is_question
from content.search.highlight import Piece, pieces
from controller.keys import CONFIG, SEARCH_COPY
from controller.phone.pages import page, say

ROWS = 8
LONGEST_QUERY = 60
LAST_PAGE = 25
FEW = 3
SAID = frozenset({"best_bet", "alias", "pinyin", "initials", "synonym", "meaning"})


@dataclass(frozen=True, slots=True)
class Line:
    """One result as the page shows it. `why` is "" where the title says it all."""

    record: str
    title: tuple[Piece, ...]
    second: str
    snippet: tuple[Piece, ...]
    why: str
    is_item: bool
    repealed: bool


async def search(request: web.Request) -> web.Response:
    """Show the form, and what is found for `?q=`."""
    query = " ".join(request.query.get("q", "").split())[:LONGEST_QUERY]
    copy, shown = request.config_dict[SEARCH_COPY], _page_number(request)
    results = await copy.search(query, limit=ROWS, offset=(shown - 1) * ROWS)
    answers = NO_ANSWER
    if shown == 1 and query and is_question(query):
        answers = await copy.answer(query, words=_aspects(request))
    poor = results.total < FEW or not any(hit.title_marks for hit in results.hits)
    return page(
        request,
        "search.html",
        private=True,
        query=query,
        lines=tuple(_line(request, hit) for hit in results.hits),
        total=results.total,
        answers=answers,
        quoted=tuple(
            (one, pieces(one.quote, one.marks), _source(request, one)) for one in answers.quoted
        ),
        asked=bool(query) and is_question(query),
        certainty=Certainty,
        meant=await copy.meant(query) if query and poor and shown == 1 else "",
        hot=() if query else await copy.hot(),
        earlier=shown - 1,
        later=shown + 1 if shown * ROWS < results.total and shown < LAST_PAGE else 0,
        contact=request.config_dict[CONFIG].contact,
    )


def _source(request: web.Request, answer: Answer) -> str:
    parts = (answer.source, answer.article, answer.day.isoformat() if answer.day else "")
    return say(request, "search.between").join(part for part in parts if part)


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
        say(request, f"why.{hit.why}") if hit.why in SAID else "",
        isinstance(record, CatalogItem),
        isinstance(record, DisclosureRecord) and record.validity is Validity.REPEALED,
    )


def _aspects(request: web.Request) -> dict[Aspect, str]:
    return {aspect: say(request, f"item.{aspect}") for aspect in Aspect}


def _page_number(request: web.Request) -> int:
    typed = request.query.get("p", "1")
    is_number = typed.isascii() and typed.isdigit() and len(typed) < len("9999")
    return min(max(1, int(typed)), LAST_PAGE) if is_number else 1


ROUTES = (web.get("/s", search, name="phone-search"),)
