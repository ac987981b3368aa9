"""Who is asking: the session behind a cookie, and the token that proves a change comes from our own page."""

import hmac
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from controller.keys import CONFIG, PEOPLE, PERSON, SESSIONS
from controller.problems import ForgedRequest, NotSignedIn
from controller.store.people import Person

COOKIE = "zone_session"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
_CSRF = web.RequestKey("_CSRF", str)
_NEW_COOKIE = web.RequestKey("_NEW_COOKIE", str)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def sign_in(request: web.Request, person: Person) -> None:
    """Begin a session under a new token: one that an attacker may have planted is of no use."""
    sessions = request.config_dict[SESSIONS]
    if COOKIE in request.cookies:
        await sessions.end(request.cookies[COOKIE])
    request[_NEW_COOKIE] = await sessions.begin(person.id)


async def sign_out(request: web.Request) -> None:
    """End the session, here and in the browser."""
    if COOKIE in request.cookies:
        await request.config_dict[SESSIONS].end(request.cookies[COOKIE])
    request[_NEW_COOKIE] = ""


def signed_in(request: web.Request) -> Person:
    """Return who is signed in.

    Raises:
        NotSignedIn: nobody is.
    """
    if PERSON not in request:
        raise NotSignedIn(expired=COOKIE in request.cookies)
    return request[PERSON]


async def csrf_token(request: web.Request) -> str:
    """Return the token that forms and htmx headers must carry, "" for visitors."""
    return str(request.get(_CSRF, ""))


@web.middleware
async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks, and refuse changes that do not come from our own pages."""
    await _recognise(request)
    if request.method not in SAFE_METHODS:
        _check_origin(request)
        if PERSON in request:
            await _check_csrf(request)
    try:
        response = await handler(request)
    except web.HTTPException as redirect:
        _hand_out(request, redirect)
        raise
    _hand_out(request, response)
    return response


async def _recognise(request: web.Request) -> None:
    if COOKIE not in request.cookies:
        return
    session = await request.config_dict[SESSIONS].load(request.cookies[COOKIE])
    person = await request.config_dict[PEOPLE].find(session.person) if session else None
    if session and person and person.active:
        request[PERSON], request[_CSRF] = person, session.csrf


def _hand_out(request: web.Request, response: web.StreamResponse) -> None:
    """Put the cookie of a session that this request began or ended on its answer."""
    if _NEW_COOKIE not in request:
        return
    secure = request.config_dict[CONFIG].is_https
    if request[_NEW_COOKIE]:
        response.set_cookie(
            COOKIE, request[_NEW_COOKIE], path="/", httponly=True, samesite="Lax", secure=secure
        )
    else:
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=secure)


def _check_origin(request: web.Request) -> None:
    """Refuse a change that a browser says comes from another site (also before anybody is signed in)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise ForgedRequest
    origin = request.headers.get("Origin")
    if origin is None:
        return
    ours = {request.host, urlsplit(request.config_dict[CONFIG].public_url).netloc}
    if urlsplit(origin).netloc not in ours:
        raise ForgedRequest


async def _check_csrf(request: web.Request) -> None:
    expected = await csrf_token(request)
    given = request.headers.get(CSRF_HEADER, "")
    # Uploads stream their body and must send the header (htmx does); plain forms may use a field.
    if not given and request.content_type == "application/x-www-form-urlencoded":
        given = str((await request.post()).get(CSRF_FIELD, ""))
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForgedRequest
