"""The page of curated search words: what was not found, names, synonyms, best bets, what is hidden, hot words, undo."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from content.errors import CallerError
from content.search.curated import CuratedWords, Target
from content.search.curating import (
    Part,
    add_alias,
    add_best_bet,
    add_hot,
    add_synonyms,
    count_popular,
    deny,
    remove,
)
from controller.auth.permissions import Forbidden, Permission, allow
from controller.auth.sessions import signed_in
from controller.desk.forms import choice, number, word
from controller.desk.pages import address, page, say
from controller.keys import CURATION, PEOPLE, SEARCH_COPY, SEARCHES

TABS = ("missed", "alias", "synonym", "best_bet", "denied", "hot", "popular", "history")
FOUND = 6
_BETWEEN = str.maketrans(dict.fromkeys("、，,;；=/|", " "))

Form = Mapping[str, object]


async def words(request: web.Request) -> web.Response:
    """Show a region's words, and what a citizen would now see for a query."""
    return await _show(request)


async def begin(request: web.Request) -> web.StreamResponse:
    """Begin with the names that hold in any county."""
    form = await request.post()
    try:
        await request.config_dict[CURATION].begin(signed_in(request), word(form, "region"))
    except CallerError as error:
        return await _show(request, form=form, problem=str(error))
    raise _back(request, form, "words_begun")


async def add(request: web.Request) -> web.StreamResponse:
    """Add one decision; a query from the list of those without a hit leaves that list."""
    form = await request.post()
    part = choice(request.match_info, "part", Part) or Part.ALIAS
    change, note = _addition(part, form)
    try:
        await request.config_dict[CURATION].change(
            signed_in(request),
            word(form, "region"),
            change,
            act=f"{part}_added",
            note=note,
            seen=number(form, "seen"),
        )
        if part in {Part.ALIAS, Part.SYNONYM} and word(form, "missed"):
            await request.config_dict[SEARCHES].settle(signed_in(request), word(form, "missed"))
    except Forbidden:
        raise
    except CallerError as error:
        return await _show(request, form=form, problem=str(error))
    raise _back(request, form, "words_changed")


async def take_back(request: web.Request) -> web.StreamResponse:
    """Remove one decision."""
    form = await request.post()
    part = choice(request.match_info, "part", Part) or Part.ALIAS
    key, item = word(form, "key"), word(form, "word")
    try:
        await request.config_dict[CURATION].change(
            signed_in(request),
            word(form, "region"),
            lambda held: remove(held, part, key=key, word=item),
            act=f"{part}_removed",
            note=word(form, "note"),
            seen=number(form, "seen"),
        )
    except Forbidden:
        raise
    except CallerError as error:
        return await _show(request, form=form, problem=str(error))
    raise _back(request, form, "words_changed")


async def undo(request: web.Request) -> web.StreamResponse:
    """Take the newest change back."""
    form = await request.post()
    try:
        await request.config_dict[CURATION].undo(
            signed_in(request), word(form, "region"), seen=number(form, "seen")
        )
    except Forbidden:
        raise
    except CallerError as error:
        return await _show(request, form=form, problem=str(error))
    raise _back(request, form, "words_undone")


async def popular(request: web.Request) -> web.StreamResponse:
    """Take over what the counts of the last months say that citizens open most often."""
    form, by = await request.post(), signed_in(request)
    opened = await request.config_dict[SEARCHES].most_opened(by)
    try:
        await request.config_dict[CURATION].count_popular(
            by, word(form, "region"), opened, seen=number(form, "seen")
        )
    except Forbidden:
        raise
    except CallerError as error:
        return await _show(request, form=form, problem=str(error))
    raise _back(request, form, "words_changed")


async def settle(request: web.Request) -> web.StreamResponse:
    """Take a query off the list of those without a hit."""
    form = await request.post()
    await request.config_dict[SEARCHES].settle(signed_in(request), word(form, "query"))
    raise _back(request, form, "words_settled")


def _addition(part: Part, form: Form) -> tuple[Callable[[CuratedWords], CuratedWords], str]:
    """Return the change that a form asks for, and its note for history and audit log."""
    text = word(form, "text")
    target = Target(word(form, "record", limit=10), word(form, "title", limit=200))
    match part:
        case Part.ALIAS:
            return lambda held: add_alias(held, target, text), f"{text} → {target.title}"
        case Part.BEST_BET:
            return lambda held: add_best_bet(held, text, target), f"{text} → {target.title}"
        case Part.SYNONYM:
            group = tuple(text.translate(_BETWEEN).split())
            return lambda held: add_synonyms(held, group), " = ".join(group)
        case Part.DENIED:
            return lambda held: deny(held, text), text
        case Part.HOT:
            return lambda held: add_hot(held, text), text
        case Part.POPULAR:
            # Counted, never typed: the form does not offer it, and who sends it is told so.
            return lambda held: count_popular(held, ()), text


def _back(request: web.Request, form: Form, key: str) -> web.HTTPSeeOther:
    query = {"region": word(form, "region"), "tab": word(form, "tab"), "try": word(form, "try")}
    kept = urlencode({name: value for name, value in {**query, "done": key}.items() if value})
    return web.HTTPSeeOther(f"{address(request, 'words')}?{kept}")


async def _show(
    request: web.Request, *, form: Form | None = None, problem: str = ""
) -> web.Response:
    by, services = signed_in(request), request.config_dict
    asked: Form = form if form is not None else request.query
    state = await services[CURATION].state(by, word(asked, "region"))
    draft = state.draft
    tried = word(asked, "try", limit=60)
    tab = word(asked, "tab")
    return await page(
        request,
        "words.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        state=state,
        draft=draft,
        tabs=_counts(draft.words),
        tab=tab if tab in TABS else TABS[0],
        looked=await services[SEARCHES].looked_for(by),
        tried=tried,
        preview=await services[SEARCH_COPY].preview(draft.words, tried) if tried else None,
        typed=word(asked, "text"),
        missed=word(asked, "missed"),
        looking=word(asked, "find") or word(asked, "text"),
        found=await _found(request, word(asked, "find") or word(asked, "text"), tab),
        regions=await services[CURATION].regions(by),
        names=await services[PEOPLE].names(),
        **_rights(request, state.waits),
    )


def _rights(request: web.Request, waits: bool) -> dict[str, Any]:  # noqa: FBT001 - one fact, from one place
    by = signed_in(request)
    return {
        "may_edit": allow(by, Permission.EDIT_WORDS),
        "may_approve": allow(by, Permission.APPROVE_WORDS) and waits,
        "part_words": {str(part): say(request, f"words.{part}") for part in Part},
    }


def _counts(held: CuratedWords) -> dict[str, int]:
    return {
        "missed": 0,
        "alias": sum(len(one.names) for one in held.aliases),
        "synonym": len(held.synonyms),
        "best_bet": len(held.best_bets),
        "denied": len(held.denied),
        "hot": len(held.hot),
        "popular": len(held.popular),
        "history": 0,
    }


async def _found(request: web.Request, text: str, tab: str) -> tuple[Target, ...]:
    """Return records to choose from for a name or a best bet."""
    if not text or tab not in {"alias", "best_bet"}:
        return ()
    results = await request.config_dict[SEARCH_COPY].search(text, limit=FOUND)
    return tuple(Target(hit.found.record.id, hit.found.record.title) for hit in results.hits)
