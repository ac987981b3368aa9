"""Pages of one's own account: password and signing keys."""

from http import HTTPStatus

from aiohttp import web

from content.errors import CallerError
from controller.auth.permissions import Permission, allow
from controller.auth.sessions import signed_in
from controller.desk.forms import choice, word
from controller.desk.pages import done, page
from controller.desk.visitors import same_twice
from controller.keys import PEOPLE, POLICIES
from controller.services.key_proof import KeyProof
from controller.store.keys import KeyUse


async def account(request: web.Request) -> web.Response:
    """Show one's own keys and the form for the password."""
    return await _show(request)


async def password(request: web.Request) -> web.StreamResponse:
    """Change one's own password; all sessions end, so the way goes to the sign-in page."""
    form = await request.post()
    try:
        new = same_twice(request, form.get("new"), form.get("again"))
        old = form.get("old")
        await request.config_dict[PEOPLE].change_password(
            signed_in(request), old=old if isinstance(old, str) else "", new=new
        )
    except CallerError as error:
        return await _show(request, problem=str(error))
    raise done(request, "login", "password")


async def challenge(request: web.Request) -> web.Response:
    """Return the text that a new key must sign."""
    text = await request.config_dict[PEOPLE].challenge(signed_in(request))
    return web.json_response({"challenge": text})


async def register_key(request: web.Request) -> web.StreamResponse:
    """Keep the public half of a key that this browser made."""
    form = await request.post()
    proof = KeyProof(word(form, "public"), word(form, "signature"), word(form, "name", limit=40))
    try:
        await request.config_dict[PEOPLE].register_key(
            signed_in(request), proof, use=choice(form, "use", KeyUse) or KeyUse.APPROVE
        )
    except CallerError as error:
        return await _show(request, problem=str(error))
    raise done(request, "account", "key_registered")


async def withdraw_key(request: web.Request) -> web.StreamResponse:
    """Take a key out of use: one's own from here, anybody's from the page of people."""
    form = await request.post()
    try:
        await request.config_dict[PEOPLE].withdraw_key(
            signed_in(request),
            request.match_info["id"],
            compromised=word(form, "compromised") == "1",
        )
    except CallerError as error:
        return await _show(request, problem=str(error))
    back = "people" if word(form, "back") == "people" else "account"
    raise done(request, back, "key_withdrawn")


async def _show(request: web.Request, *, problem: str = "") -> web.Response:
    by, services = signed_in(request), request.config_dict
    policy = await services[POLICIES].current()
    return await page(
        request,
        "account.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        keys=await services[PEOPLE].keys(by, holder=by.id),
        in_policy=frozenset(policy.policy.by_id) if policy else frozenset(),
        may_hold_key=allow(by, Permission.HOLD_APPROVAL_KEY),
    )
