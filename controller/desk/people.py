"""Pages of people, roles and keys, and the policy that the administrator's browser signs."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aiohttp import web

from content.canonical import sha256_hex
from content.errors import CallerError
from controller.auth.permissions import Permission, require
from controller.auth.roles import Role
from controller.auth.sessions import signed_in
from controller.desk.forms import word
from controller.desk.pages import address, done, page, say
from controller.desk.payload import approval_of, read_json
from controller.keys import CONFIG, PEOPLE, POLICIES
from controller.services.policy import NothingToSign, Policies
from controller.store.keys import KeyUse


async def people(request: web.Request) -> web.Response:
    """List people, their roles and keys."""
    return await _show(request)


async def invite(request: web.Request) -> web.StreamResponse:
    """Add a person and show their one-time link."""
    form = await request.post()
    roles = _roles(form.getall("role", []))
    name, login = word(form, "name"), word(form, "login")
    try:
        person, token = await request.config_dict[PEOPLE].invite(
            signed_in(request), name=name, login=login, roles=roles
        )
    except CallerError as error:
        typed = {"name": name, "login": login, "roles": roles}
        return await _show(request, problem=str(error), typed=typed)
    return await _show(request, link=_link(request, person.name, token))


async def invite_again(request: web.Request) -> web.Response:
    """Make a new one-time link for somebody who lost theirs, or their password."""
    services, person_id = request.config_dict, request.match_info["id"]
    token = await services[PEOPLE].invite_again(signed_in(request), person_id)
    names = await services[PEOPLE].names()
    return await _show(request, link=_link(request, names[person_id], token))


async def standing(request: web.Request) -> web.StreamResponse:
    """Change somebody's roles, disable or enable the account."""
    form = await request.post()
    try:
        await request.config_dict[PEOPLE].set_standing(
            signed_in(request),
            request.match_info["id"],
            roles=_roles(form.getall("role", [])),
            active=word(form, "active") == "1",
        )
    except CallerError as error:
        return await _show(request, problem=str(error))
    raise done(request, "people", "standing")


async def policy(request: web.Request) -> web.Response:
    """Return the policy to sign: its fields, and the bytes that the browser must arrive at itself."""
    by, policies = signed_in(request), request.config_dict[POLICIES]
    require(by, Permission.SIGN_POLICY)
    mine = await request.config_dict[PEOPLE].keys(by, holder=by.id)
    offer: dict[str, object] = {
        "root_keys": [key.id for key in mine if key.use is KeyUse.ROOT],
        "signed_bytes": (await policies.to_sign(by)).hex(),
    }
    current, proposed = await policies.current(), await policies.proposed()
    if current is not None and await policies.handover_due():
        return web.json_response({**offer, "handover": sha256_hex(current.chain[0])})
    if proposed is None:
        raise NothingToSign(say(request, "policy.nothing"))
    return web.json_response({**offer, "policy": proposed.fields()})


async def sign_policy(request: web.Request) -> web.Response:
    """Take the root signature."""
    approval = approval_of(await read_json(request), sentence=say(request, "sign.unreadable"))
    await request.config_dict[POLICIES].accept(signed_in(request), approval)
    return web.json_response({"next": f"{address(request, 'people')}?done=policy_signed"})


async def _show(
    request: web.Request,
    *,
    problem: str = "",
    link: dict[str, str] | None = None,
    typed: Mapping[str, object] | None = None,
) -> web.Response:
    by, services = signed_in(request), request.config_dict
    return await page(
        request,
        "people.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        people=await services[PEOPLE].list(by),
        keys=await services[PEOPLE].keys(by),
        roles=tuple(Role),
        policy_waits=await _policy_waits(services[POLICIES]),
        link=link,
        typed=typed or {"name": "", "login": "", "roles": frozenset()},
    )


async def _policy_waits(policies: Policies) -> str:
    """Return what the root is to do: "sign" or "handover" in this browser, or a "ceremony"; "" for nothing."""
    if await policies.handover_due():
        return "handover"
    if await policies.proposed() is None:
        return ""
    current = await policies.current()
    return "ceremony" if current is not None and current.chain else "sign"


def _roles(words: Sequence[object]) -> frozenset[Role]:
    return frozenset(role for role in Role if str(role) in words)


def _link(request: web.Request, name: str, token: str) -> dict[str, str]:
    base = request.config_dict[CONFIG].public_url
    return {"name": name, "url": base + address(request, "invite", token=token)}
