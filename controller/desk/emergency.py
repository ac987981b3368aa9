"""Emergency notices: draft one, and have two of the emergency group sign it. Signing is as for documents."""

import json
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from aiohttp import web

from content.errors import CallerError
from content.feed.statement import Action
from content.programme.emergency import Level
from controller.auth.permissions import Permission, allow
from controller.auth.sessions import signed_in
from controller.desk.forms import choice, number, word
from controller.desk.pages import address, done, page, say
from controller.desk.payload import approval_of, read_json
from controller.keys import EMERGENCIES, PEOPLE, POLICIES, TERMINALS
from controller.services.emergencies import (
    MOST_ADVICE,
    MOST_HOURS,
    MOST_TEXT,
    MOST_TITLE,
    Draft,
    Standing,
)
from controller.services.emergency_reach import Reach, reach_of
from controller.services.publishing import ToSign
from controller.store.emergencies import EmergencyState
from controller.store.keys import KeyState, KeyUse

FACTS = ("text", "advice", "level", "issuer", "phone", "regions", "is_drill")
LIMITS = {"title": MOST_TITLE, "text": MOST_TEXT, "advice": MOST_ADVICE, "hours": MOST_HOURS}
EMPTY = Draft(title="", text="", advice="", issuer="")


async def emergencies(request: web.Request) -> web.Response:
    """List notices; the form for a new one stands beside them."""
    return await _list(request)


async def draft(request: web.Request) -> web.StreamResponse:
    """Lay down a notice for others to sign."""
    typed = _typed(await request.post())
    try:
        made = await request.config_dict[EMERGENCIES].draft(signed_in(request), typed)
    except CallerError as error:
        return await _list(request, problem=str(error), typed=typed)
    raise done(request, "emergency-one", "emergency_drafted", id=made.id)


async def one(request: web.Request) -> web.Response:
    """Show a notice, who has signed, and what is to be signed next."""
    return await _show(request)


async def edit(request: web.Request) -> web.StreamResponse:
    """Change a notice that is not public; signatures are void."""
    typed, wanted = _typed(await request.post()), request.match_info["id"]
    try:
        await request.config_dict[EMERGENCIES].edit(signed_in(request), wanted, typed)
    except CallerError as error:
        return await _show(request, problem=str(error), typed=typed)
    raise done(request, "emergency-one", "emergency_edited", id=wanted)


async def statement(request: web.Request) -> web.Response:
    """Return what is to be signed: its fields, and the bytes that the browser must arrive at itself."""
    action, offer = await _offer(request)
    return web.json_response(
        {
            "statement": msgspec.to_builtins(offer.statement),
            "signed_bytes": offer.statement.signed_bytes().hex(),
            "signed_by": offer.signed_by,
            "needed": offer.needed,
            "scope": {"action": str(action)},
        }
    )


async def body(request: web.Request) -> web.Response:
    """Return the canonical bytes of the notice."""
    _, offer = await _offer(request)
    return web.Response(body=offer.body, content_type="application/octet-stream")


async def sign(request: web.Request) -> web.Response:
    """Take the signature; say where to go next."""
    form, wanted = await read_json(request), request.match_info["id"]
    action = choice(form, "action", Action) or Action.PUT
    approval = approval_of(form, sentence=say(request, "sign.unreadable"))
    outcome = await request.config_dict[EMERGENCIES].sign(
        signed_in(request), wanted, approval, action=action
    )
    finished = "emergency_published" if action is Action.PUT else "emergency_cancelled"
    key = finished if outcome.published else "signed"
    return web.json_response({"next": f"{address(request, 'emergency-one', id=wanted)}?done={key}"})


async def _offer(request: web.Request) -> tuple[Action, ToSign]:
    action = choice(request.query, "action", Action) or Action.PUT
    offer = await request.config_dict[EMERGENCIES].offer(
        signed_in(request), request.match_info["id"], action
    )
    return action, offer


async def _list(request: web.Request, *, problem: str = "", typed: Draft = EMPTY) -> web.Response:
    by = signed_in(request)
    return await page(
        request,
        "emergencies.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        rows=await request.config_dict[EMERGENCIES].list(by),
        typed=typed,
        may_draft=allow(by, Permission.DRAFT_EMERGENCY),
        levels=tuple(Level),
        limits=LIMITS,
    )


async def _show(
    request: web.Request, *, problem: str = "", typed: Draft | None = None
) -> web.Response:
    by, services, wanted = signed_in(request), request.config_dict, request.match_info["id"]
    found = await services[EMERGENCIES].get(by, wanted)
    state = found.emergency.state
    action = Action.DELETE if state is EmergencyState.PUBLISHED else Action.PUT
    open_ = state is not EmergencyState.CANCELLED and not found.is_over
    query = f"?action={action}"
    return await page(
        request,
        "emergency.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        found=found,
        notice=found.notice,
        typed=typed or _draft_of(found.notice),
        cancelling=action is Action.DELETE,
        reach=await _reach(request, found),
        may_sign=open_
        and allow(by, Permission.SIGN_EMERGENCY)
        and by.id != found.emergency.drafter,
        may_edit=state is EmergencyState.WAITING and allow(by, Permission.DRAFT_EMERGENCY),
        key_ids=await _counted_keys(request),
        statement_url=f"{address(request, 'emergency-statement', id=wanted)}{query}",
        body_url=f"{address(request, 'emergency-body', id=wanted)}{query}",
        fact_words=_fact_words(request),
        names=await services[PEOPLE].names(),
        levels=tuple(Level),
        limits=LIMITS,
    )


async def _reach(request: web.Request, found: Standing) -> Reach | None:
    """Return whom a notice has reached, None before it is public and after its end."""
    if found.emergency.state is EmergencyState.WAITING or found.is_over:
        return None
    terminals = await request.config_dict[TERMINALS].list()
    return reach_of(terminals, feed=found.emergency.statement.feed)


async def _counted_keys(request: web.Request) -> list[str]:
    by, services = signed_in(request), request.config_dict
    policy = await services[POLICIES].current()
    held = await services[PEOPLE].keys(by, holder=by.id)
    mine = [key.id for key in held if (key.use, key.state) == (KeyUse.APPROVE, KeyState.ACTIVE)]
    return [one for one in mine if policy and policy.policy.key(one)]


def _typed(form: Mapping[str, object]) -> Draft:
    return Draft(
        title=word(form, "title"),
        text=word(form, "text"),
        advice=word(form, "advice"),
        issuer=word(form, "issuer"),
        level=choice(form, "level", Level) or Level.RED,
        hours=number(form, "hours"),
        regions=tuple(word(form, "regions").replace("，", " ").replace(",", " ").split()),
        phone=word(form, "phone", limit=30),
        is_drill=word(form, "is_drill") == "1",
    )


def _draft_of(notice: object) -> Draft:
    fields = msgspec.to_builtins(notice)
    return msgspec.convert({**fields, "hours": EMPTY.hours}, type=Draft)


def _fact_words(request: web.Request) -> str:
    """Return the labels by which body.js draws a notice's fields."""
    values = {
        "level": {str(level): say(request, f"emergency.level.{level}") for level in Level},
        "is_drill": {"true": say(request, "emergency.yes")},
    }
    nones = {"regions": say(request, "emergency.whole"), "is_drill": say(request, "emergency.no")}
    none = say(request, "emergency.none")
    facts = [
        [name, say(request, f"emergency.{name}"), values.get(name, {}), nones.get(name, none)]
        for name in FACTS
    ]
    return json.dumps(facts, ensure_ascii=False)
