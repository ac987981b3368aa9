"""Approve and take back: the browser fetches the exact bytes, checks and draws them, and signs."""

import json
from http import HTTPStatus

import msgspec
from aiohttp import web

from content.disclosure.classes import DisclosureClass
from content.disclosure.record import Validity
from content.errors import CallerError
from content.feed.statement import Action
from controller.auth.sessions import signed_in
from controller.desk.document_view import FIELD_NAMES
from controller.desk.forms import choice, word
from controller.desk.pages import address, done, page, say
from controller.desk.payload import approval_of, read_json
from controller.keys import DOCUMENTS, PEOPLE, POLICIES, PUBLISHING
from controller.services.publishing import ToSign
from controller.store.keys import KeyState, KeyUse


async def approve(request: web.Request) -> web.Response:
    """Show what will be published."""
    return await _offer(request, Action.PUT)


async def withdraw(request: web.Request) -> web.Response:
    """Show what will be taken back."""
    return await _offer(request, Action.DELETE)


async def statement(request: web.Request) -> web.Response:
    """Return what is to be signed: its fields, and the bytes that the browser must arrive at itself."""
    action, offer = await _to_sign(request)
    return web.json_response(
        {
            "statement": msgspec.to_builtins(offer.statement),
            "signed_bytes": offer.statement.signed_bytes().hex(),
            "signed_by": offer.signed_by,
            "needed": offer.needed,
            "scope": {"feed": offer.statement.feed, "action": str(action)},
        }
    )


async def body(request: web.Request) -> web.Response:
    """Return the canonical bytes that will be published."""
    _, offer = await _to_sign(request)
    return web.Response(body=offer.body, content_type="application/octet-stream")


async def sign(request: web.Request) -> web.Response:
    """Take the signature; say where to go next."""
    form = await read_json(request)
    action = choice(form, "action", Action) or Action.PUT
    document_id = request.match_info["id"]
    outcome = await request.config_dict[PUBLISHING].approve(
        signed_in(request),
        document_id,
        approval_of(form, sentence=say(request, "sign.unreadable")),
        feed=word(form, "feed"),
        action=action,
    )
    publication = "published" if action is Action.PUT else "withdrawn"
    key = publication if outcome.published else "signed"
    target = address(request, "document", id=document_id)
    return web.json_response({"next": f"{target}?done={key}"})


async def send_back(request: web.Request) -> web.StreamResponse:
    """Return the document to its drafter with a reason."""
    form = await request.post()
    document_id, reason = request.match_info["id"], word(form, "reason")
    try:
        await request.config_dict[DOCUMENTS].send_back(
            signed_in(request), document_id, reason=reason
        )
    except CallerError as error:
        return await _offer(request, Action.PUT, problem=str(error), typed_reason=reason)
    raise done(request, "document", "returned", id=document_id)


async def _to_sign(request: web.Request) -> tuple[Action, ToSign]:
    action = choice(request.query, "action", Action) or Action.PUT
    offer = await request.config_dict[PUBLISHING].statement_for(
        signed_in(request), request.match_info["id"], action=action
    )
    return action, offer


async def _offer(
    request: web.Request, action: Action, *, problem: str = "", typed_reason: str = ""
) -> web.Response:
    by, services = signed_in(request), request.config_dict
    found = await services[DOCUMENTS].get(by, request.match_info["id"])
    offer = await services[PUBLISHING].statement_for(by, found.id, action=action)
    held = await services[PEOPLE].keys(by, holder=by.id)
    mine = [key.id for key in held if (key.use, key.state) == (KeyUse.APPROVE, KeyState.ACTIVE)]
    policy = await services[POLICIES].current()
    counted = [one for one in mine if policy and policy.policy.key(one)]
    return await page(
        request,
        "approve.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        doc=found,
        offer=offer,
        withdrawing=action is Action.DELETE,
        key_ids=counted,
        key_waits=bool(mine) and not counted,
        statement_url=f"{address(request, 'statement', id=found.id)}?action={action}",
        body_url=f"{address(request, 'body', id=found.id)}?action={action}",
        fact_words=_fact_words(request),
        names=await services[PEOPLE].names(),
        typed_reason=typed_reason,
    )


def _fact_words(request: web.Request) -> str:
    """Return the labels by which body.js draws a record's fields."""
    values = {
        "validity": {str(one): say(request, f"validity.{one}") for one in Validity},
        "disclosure_class": {str(one): say(request, f"class.{one}") for one in DisclosureClass},
    }
    names = [name for name in FIELD_NAMES if name != "title"]
    facts = [
        [name, say(request, f"field.{name}"), values.get(name, {}), _none(request, name)]
        for name in (*names, "disclosure_class", "published_on", "source_name")
    ]
    return json.dumps(facts, ensure_ascii=False)


def _none(request: web.Request, name: str) -> str:
    return say(request, "field.unset" if name in {"domain", "contact"} else "field.empty")
