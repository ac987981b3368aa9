"""Pages before sign-in: the first administrator, invitations, sign-in and -out, theme and language."""

from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from content.errors import CallerError
from controller.auth.sessions import sign_in, sign_out
from controller.desk.forms import BadInput, word
from controller.desk.pages import THEMES, address, page, say
from controller.desk.texts import LANGUAGES
from controller.keys import CONFIG, PEOPLE, PERSON
from controller.services.key_proof import KeyProof

A_YEAR_S = 365 * 24 * 3600
SECRET = 512
"""Characters of a password field that are read; the service says what is too long."""


async def set_up(request: web.Request) -> web.StreamResponse:
    """Make the first administrator, whose browser makes the zone's root key."""
    token, people = request.match_info["token"], request.config_dict[PEOPLE]
    if request.method != "POST":
        await people.check_set_up(token)
        return await _set_up_page(request, {})
    form = await request.post()
    typed = {name: word(form, name) for name in ("name", "login", "key_name")}
    try:
        public, signature = word(form, "public"), word(form, "signature")
        if not (public and signature):
            raise BadInput(say(request, "setup.no_key"))
        person = await people.set_up(
            token,
            name=typed["name"],
            login=typed["login"],
            password=_secret(form.get("password")),
            root=KeyProof(public, signature, typed["key_name"]),
        )
    except CallerError as error:
        return await _set_up_page(request, typed, problem=str(error))
    await sign_in(request, person)
    raise web.HTTPSeeOther(f"{address(request, 'people')}?done=set_up")


async def invitation(request: web.Request) -> web.StreamResponse:
    """Let an invited person choose a password."""
    token, people = request.match_info["token"], request.config_dict[PEOPLE]
    invited = await people.invited(token)
    if request.method != "POST":
        return await page(request, "invite.html", invited=invited)
    form = await request.post()
    try:
        password = same_twice(request, form.get("password"), form.get("again"))
        person = await people.accept(token, password=password)
    except CallerError as error:
        return await page(
            request,
            "invite.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            problem=str(error),
            invited=invited,
        )
    await sign_in(request, person)
    raise web.HTTPSeeOther(f"{address(request, 'account')}?done=welcome")


async def login(request: web.Request) -> web.StreamResponse:
    """Sign in and go on to the page that was asked for."""
    if request.method != "POST":
        if PERSON in request:
            raise web.HTTPSeeOther(_onward(request, request.query.get("next", "")))
        return await _login_page(request, onward=request.query.get("next", ""))
    form = await request.post()
    onward = word(form, "next")
    try:
        person = await request.config_dict[PEOPLE].sign_in(
            word(form, "login"), _secret(form.get("password")), address=request.remote or ""
        )
    except CallerError as error:
        return await _login_page(
            request, onward=onward, typed=word(form, "login"), problem=str(error)
        )
    await sign_in(request, person)
    raise web.HTTPSeeOther(_onward(request, onward))


async def logout(request: web.Request) -> web.StreamResponse:
    """Sign out."""
    await sign_out(request)
    raise web.HTTPSeeOther(f"{address(request, 'login')}?done=signed_out")


async def looks(request: web.Request) -> web.StreamResponse:
    """Keep the choice of light or dark, or of the language, in a cookie, and go back."""
    form = await request.post()
    answer = web.HTTPSeeOther(_onward(request, word(form, "next")))
    for name, known in (("theme", THEMES), ("language", tuple(LANGUAGES))):
        if word(form, name) in known:
            answer.set_cookie(
                name,
                word(form, name),
                max_age=A_YEAR_S,
                httponly=True,
                samesite="Lax",
                secure=request.config_dict[CONFIG].is_https,
            )
    raise answer


def same_twice(request: web.Request, password: object, again: object) -> str:
    """Return the new password if it was typed twice alike.

    Raises:
        BadInput: otherwise.
    """
    if _secret(password) != _secret(again):
        raise BadInput(say(request, "password.differs"))
    return _secret(password)


def _secret(value: object) -> str:
    """Return a password as typed: its spaces belong to it."""
    return value[:SECRET] if isinstance(value, str) else ""


def _onward(request: web.Request, target: str) -> str:
    """Return the page to go on to: only ever one of this site's own desk pages."""
    parts = urlsplit(target)
    home = address(request, "home")
    own = not parts.scheme and not parts.netloc and "\\" not in target
    inside = parts.path in {home, f"{home}/"} or parts.path.startswith(
        (f"{home}/", "/setup/", "/invite/")
    )
    return target if own and inside else home


async def _login_page(
    request: web.Request, *, onward: str, typed: str = "", problem: str = ""
) -> web.Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    if not problem and "expired" in request.query:
        problem = say(request, "login.expired")
    return await page(
        request, "login.html", status=status, problem=problem, next=onward, typed=typed
    )


async def _set_up_page(
    request: web.Request, typed: dict[str, str], *, problem: str = ""
) -> web.Response:
    return await page(
        request,
        "setup.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        token=request.match_info["token"],
        typed={"name": "", "login": "", "key_name": ""} | typed,
    )
