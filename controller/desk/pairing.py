"""Pages on which terminals are let in and kept out: who waits, the code on its glass, its place; and revocation."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from content.errors import CallerError
from controller.auth.sessions import signed_in
from controller.desk.forms import number, word
from controller.desk.pages import done, page
from controller.keys import CONFIG, ENROLMENTS, PAIRINGS
from controller.services.pairings import Placement
from devices.wire.pairing import show_fingerprint

MOST_SCREENS = 4
CODE_SIGNS = 20


async def pairing(request: web.Request) -> web.Response:
    """List the terminals that wait."""
    return await _show(request)


async def accept(request: web.Request) -> web.StreamResponse:
    """Let one in, with the code that was read from its glass."""
    form, pairing_id = await request.post(), request.match_info["id"]
    try:
        await request.config_dict[PAIRINGS].accept(
            signed_in(request),
            pairing_id,
            code=word(form, "code", limit=CODE_SIGNS),
            placement=_placement(form),
        )
    except CallerError as error:
        return await _show(request, problem=str(error), typed={pairing_id: form})
    raise done(request, "terminals", "paired")


async def refuse(request: web.Request) -> web.StreamResponse:
    """Send one away."""
    await request.config_dict[PAIRINGS].refuse(signed_in(request), request.match_info["id"])
    raise done(request, "pairing", "pairing_refused")


async def revocation(request: web.Request) -> web.Response:
    """Ask for the reason before a terminal is kept out."""
    return await _ask_why(request)


async def revoke(request: web.Request) -> web.StreamResponse:
    """Keep a terminal out."""
    form = await request.post()
    try:
        await request.config_dict[ENROLMENTS].revoke(
            signed_in(request), request.match_info["id"], reason=word(form, "reason")
        )
    except CallerError as error:
        return await _ask_why(request, problem=str(error))
    raise done(request, "terminals", "revoked")


async def _show(
    request: web.Request,
    *,
    problem: str = "",
    typed: Mapping[str, Mapping[str, object]] | None = None,
) -> web.Response:
    waiting = await request.config_dict[PAIRINGS].waiting(signed_in(request))
    return await page(
        request,
        "pairing.html",
        problem=problem,
        waiting=waiting,
        chosen=_chosen(request, [one.id for one in waiting], typed or {}),
        typed=typed or {},
        fingerprint=show_fingerprint,
        region=request.config_dict[CONFIG].region,
        most_screens=MOST_SCREENS,
    )


def _chosen(request: web.Request, waiting: Sequence[str], typed: Mapping[str, object]) -> str:
    """Return the one whose form is open: the one being filled in, the one asked for, or the only one."""
    asked = next(iter(typed), request.query.get("one", ""))
    return asked if asked or len(waiting) != 1 else waiting[0]


async def _ask_why(request: web.Request, *, problem: str = "") -> web.Response:
    terminal = await request.config_dict[ENROLMENTS].terminal(
        signed_in(request), request.match_info["id"]
    )
    return await page(request, "revoke.html", problem=problem, terminal=terminal)


def _placement(form: Mapping[str, object]) -> Placement:
    screens = min(number(form, "screens"), MOST_SCREENS)
    kiosk = ("kiosk",) if word(form, "kiosk") == "1" else ()
    return Placement(
        device=word(form, "device", limit=40),
        site=word(form, "site", limit=80),
        region=word(form, "region", limit=12),
        attended=word(form, "attended") == "1",
        screens=(*kiosk, *(f"signage-{one}" for one in range(1, screens + 1))),
        printer=word(form, "printer", limit=80),
        replaces=word(form, "replaces") == "1",
    )
