"""The page on which a bundle for terminals without a link is made and fetched, and what came of earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import multidict
from aiohttp import hdrs, web

from content.errors import CallerError
from controller.auth.permissions import Permission, require
from controller.auth.sessions import signed_in
from controller.desk.forms import word
from controller.desk.pages import done, page
from controller.keys import BUNDLES, CONFIG, DATABASE, TERMINALS
from controller.services.bundle_making import Making, MakingState
from controller.services.terminal_status import TerminalStatus
from controller.store.terminals import KeptFault, faults_of_codes
from devices.wire.bundle_file import SUFFIX

TAKEN, REFUSED = "bundle_taken", "bundle_refused"
MOST_TOLD = 30
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Board:
    """What the page shows.

    Attributes:
        terminals: who may be chosen, those without a link first.
        regions: region -> number of its terminals.
        makings: bundles, the newest first.
        told: what terminals told of sticks, the newest first.
        sites: terminal -> its place.
        is_working: one is being made, so the page looks again by itself.
    """

    terminals: tuple[TerminalStatus, ...]
    regions: dict[str, int]
    makings: tuple[Making, ...]
    told: tuple[KeptFault, ...]
    sites: dict[str, str]
    is_working: bool


async def bundles(request: web.Request) -> web.Response:
    """Ask for which terminals, and show what there is."""
    return await _show(request)


async def make(request: web.Request) -> web.StreamResponse:
    """Begin to make one."""
    form = await request.post()
    everybody = await request.config_dict[TERMINALS].list()
    region = word(form, "region", limit=12) if word(form, "which") == "region" else ""
    try:
        await request.config_dict[BUNDLES].begin(
            signed_in(request), _chosen(form, everybody, region=region), region=region
        )
    except CallerError as error:
        return await _show(request, problem=str(error))
    raise done(request, "bundles", "bundle_begun")


async def file(request: web.Request) -> web.StreamResponse:
    """Hand the file over, under a name that says where it is from."""
    path = request.config_dict[BUNDLES].file(signed_in(request), request.match_info["id"])
    name = f"{request.config_dict[CONFIG].main_feed.replace('/', '-')}{SUFFIX}"
    headers = {
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
        hdrs.CONTENT_TYPE: "application/octet-stream",
        hdrs.CACHE_CONTROL: "no-store",
    }
    return web.FileResponse(path, headers=headers)


async def _show(request: web.Request, *, problem: str = "") -> web.Response:
    person = signed_in(request)
    require(person, Permission.MANAGE_TERMINALS)
    everybody = await request.config_dict[TERMINALS].list()
    makings = request.config_dict[BUNDLES].list(person)
    async with request.config_dict[DATABASE].read() as c:
        told = await faults_of_codes(c, (TAKEN, REFUSED), limit=MOST_TOLD)
    board = Board(
        terminals=tuple(sorted(everybody, key=lambda one: (one.online, one.site, one.id))),
        regions=_counted(everybody),
        makings=makings,
        told=told,
        sites={one.id: one.site for one in everybody},
        is_working=any(one.state is MakingState.WORKING for one in makings),
    )
    return await page(request, "bundles.html", problem=problem, board=board, taken=TAKEN)


def _counted(everybody: Sequence[TerminalStatus]) -> dict[str, int]:
    regions = sorted(one.region for one in everybody)
    return {region: regions.count(region) for region in dict.fromkeys(regions)}


def _chosen(
    form: multidict.MultiDictProxy[str | bytearray | bytes | web.FileField],
    everybody: Sequence[TerminalStatus],
    *,
    region: str,
) -> tuple[TerminalStatus, ...]:
    match word(form, "which"):
        case "all":
            return tuple(everybody)
        case "region":
            return tuple(one for one in everybody if one.region == region)
        case _:
            named = {one for one in form.getall("device", ()) if isinstance(one, str)}
            return tuple(one for one in everybody if one.id in named)
