"""Pages on which an administrator gives terminals jobs, and everybody sees what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import hdrs, web
from yarl import URL

from content.errors import CallerError
from controller.auth.permissions import Permission, allow, require
from controller.auth.sessions import csrf_token, signed_in
from controller.desk.forms import BadInput, choice, number, word
from controller.desk.job_view import KIND_ICONS, JobRow, job_rows, say_in, screen_name
from controller.desk.pages import WORDS, address, fragment, language_of, page, say
from controller.desk.paging import Pager, offset_of
from controller.desk.streams import stream
from controller.keys import JOBS, PEOPLE, TERMINALS
from controller.services.events import JobChanged
from controller.services.job_kinds import arguments
from controller.store.terminals import Terminal
from devices.wire.jobs import JobKind

PAGE = 30
LASTS_S = (900, 3600, 24 * 3600)
"""How long a job waits for a terminal that is away."""
_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Target:
    """Which terminals are meant: one, a site, a region with all below it, or all where nothing is named.

    Attributes:
        device, site, region: as in the page's address.
        terminals: those of the zone that fit.
    """

    device: str
    site: str
    region: str
    terminals: tuple[Terminal, ...]

    @property
    def is_named(self) -> bool:
        """Whether anything was chosen."""
        return bool(self.device or self.site or self.region)

    @property
    def query(self) -> dict[str, str]:
        """The choice as an address carries it."""
        chosen = {"device": self.device, "site": self.site, "region": self.region}
        return {name: value for name, value in chosen.items() if value}

    @property
    def screens(self) -> tuple[str, ...]:
        """User interfaces that at least one of them has."""
        return tuple(sorted({ui for one in self.terminals for ui in one.screens}))


@dataclass(frozen=True, slots=True)
class JobList:
    """What the list of jobs shows."""

    rows: tuple[JobRow, ...]
    live: str
    pager: Pager
    may_order: bool
    is_one: bool


async def order(request: web.Request) -> web.StreamResponse:
    """Show the jobs of the chosen terminals and the form for a new one; order it."""
    if request.method != hdrs.METH_POST:
        require(signed_in(request), Permission.READ_TERMINALS)
        return await _show(request, await _target(request, request.query))
    require(signed_in(request), Permission.MANAGE_TERMINALS)
    form = await request.post()
    target = await _target(request, form)
    try:
        await _order(request, target, form)
    except CallerError as error:
        problem = say(request, str(error)) if isinstance(error, BadInput) else str(error)
        return await _show(request, target, problem=problem, typed=form)
    raise web.HTTPSeeOther(_to(request, "jobs", {**target.query, "done": "job_ordered"}))


async def live(request: web.Request) -> web.StreamResponse:
    """Send the list of jobs anew whenever one came further."""
    require(signed_in(request), Permission.READ_TERMINALS)
    target = await _target(request, request.query)
    token = await csrf_token(request)

    async def draw() -> str:
        found = await job_list(request, target)
        return fragment(request, "jobs_list.html", jobs=found, csrf_token=token)

    return await stream(request, "jobs", draw=draw, on=(JobChanged,))


async def job(request: web.Request) -> web.Response:
    """Show one job: its life, and what it brought to those who may look at it."""
    person = signed_in(request)
    require(person, Permission.READ_TERMINALS)
    found = await request.config_dict[JOBS].get(request.match_info["id"])
    (row,) = job_rows(
        (found,),
        {one.id: one for one in await request.config_dict[TERMINALS].find_all([found.device])},
        say=say_in(request.config_dict[WORDS], language_of(request)),
        known=request.config_dict[WORDS].keys("zh"),
    )
    names = await _names(request)
    return await page(
        request,
        "job.html",
        row=row,
        ordered_by=names.get(found.ordered_by, found.ordered_by),
        may_look=allow(person, Permission.MANAGE_TERMINALS),
    )


async def result(request: web.Request) -> web.Response:
    """Hand out what a job brought; the audit log says who looked."""
    jobs, job_id = request.config_dict[JOBS], request.match_info["id"]
    found = await jobs.result(signed_in(request), job_id)
    kept = await jobs.get(job_id)
    is_picture = found.media_type == "image/png"
    name = f"{kept.device}-{kept.number}.{'png' if is_picture else 'txt'}"
    way = "inline" if is_picture else "attachment"
    return web.Response(
        body=found.data,
        content_type=found.media_type,
        charset=None if is_picture else "utf-8",
        headers={hdrs.CONTENT_DISPOSITION: f'{way}; filename="{name}"'},
    )


async def withdraw(request: web.Request) -> web.StreamResponse:
    """Call back a job that no terminal has begun."""
    require(signed_in(request), Permission.MANAGE_TERMINALS)
    jobs, job_id = request.config_dict[JOBS], request.match_info["id"]
    form = await request.post()
    target = await _target(request, form)
    try:
        await jobs.cancel(signed_in(request), job_id)
    except CallerError as error:
        return await _show(request, target, problem=str(error))
    raise web.HTTPSeeOther(_to(request, "jobs", {**target.query, "done": "job_withdrawn"}))


async def job_list(request: web.Request, target: Target, *, size: int = PAGE) -> JobList:
    """Return the newest jobs of the chosen terminals, of all if none was chosen."""
    devices = [one.id for one in target.terminals] if target.is_named else None
    offset = offset_of(request)
    found = await request.config_dict[JOBS].recent(devices, offset=offset, limit=size + 1)
    everybody = await request.config_dict[TERMINALS].find_all({one.device for one in found})
    rows = job_rows(
        found[:size],
        {one.id: one for one in everybody},
        say=say_in(request.config_dict[WORDS], language_of(request)),
        known=request.config_dict[WORDS].keys("zh"),
    )
    here = {**target.query, "offset": str(offset)} if offset else target.query
    return JobList(
        rows=rows,
        live=str(_to(request, "jobs-live", here)),
        pager=Pager.at(
            _to(request, "jobs", target.query), offset=offset, size=size, more=len(found) > size
        ),
        may_order=allow(signed_in(request), Permission.MANAGE_TERMINALS),
        is_one=bool(target.device),
    )


async def one_terminal(request: web.Request, device: str) -> Target:
    """Return the choice of a single terminal."""
    return await _target(request, {"device": device})


async def _order(request: web.Request, target: Target, form: Mapping[str, object]) -> None:
    kind = choice(form, "kind", JobKind)
    if not target.is_named or not target.terminals:
        raise BadInput("jobs.choose_target")
    if kind is None:
        raise BadInput("jobs.choose_kind")
    args = {name: word(form, name, limit=_LIMIT) for name in arguments(kind)}
    meant = [one.id for one in target.terminals if args.get("ui", "") in {"", *one.screens}]
    if not meant:
        raise BadInput("jobs.no_such_screen")
    lasts_s = number(form, "lasts")
    await request.config_dict[JOBS].order_all(
        signed_in(request),
        meant,
        kind=kind,
        args=args,
        reason=word(form, "reason", limit=200),
        lasts_s=lasts_s if lasts_s in LASTS_S else LASTS_S[0],
    )


async def _target(request: web.Request, chosen: Mapping[str, object]) -> Target:
    device, site, region = (
        word(chosen, name, limit=_LIMIT) for name in ("device", "site", "region")
    )
    everybody = await request.config_dict[TERMINALS].enrolled()
    fits = tuple(
        one
        for one in everybody
        if (not device or one.id == device)
        and (not site or one.site == site)
        and one.region.startswith(region)
    )
    return Target(device, site, region, fits)


async def _show(
    request: web.Request,
    target: Target,
    *,
    problem: str = "",
    typed: Mapping[str, object] | None = None,
) -> web.Response:
    everybody = await request.config_dict[TERMINALS].enrolled()
    speak = say_in(request.config_dict[WORDS], language_of(request))
    return await page(
        request,
        "jobs.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        target=target,
        jobs=await job_list(request, target),
        everybody=everybody,
        sites=sorted({one.site for one in everybody if one.site}),
        regions=sorted({one.region for one in everybody}),
        kinds=KIND_ICONS,
        screens=[(ui, screen_name(ui, say=speak)) for ui in target.screens],
        typed=typed or {},
        lasts=LASTS_S,
    )


def _to(request: web.Request, name: str, query: Mapping[str, str]) -> URL:
    return URL(address(request, name)).with_query(dict(query))


async def _names(request: web.Request) -> Mapping[str, str]:
    return await request.config_dict[PEOPLE].names()
