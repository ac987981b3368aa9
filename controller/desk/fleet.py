"""The fleet's other pages: the map, one terminal with its last days, alerts, and where a site is."""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from content.errors import NotFound
from controller.auth.permissions import Permission, allow, require
from controller.auth.sessions import signed_in
from controller.desk.fleet_map import draw
from controller.desk.forms import BadInput, number, word
from controller.desk.health_plot import plot
from controller.desk.jobs import job_list, one_terminal
from controller.desk.pages import done, page, say
from controller.desk.paper_view import paper_view
from controller.keys import ALERTS, CLOCK, TERMINALS
from controller.services.alert_rules import by_site
from controller.services.alerts import BadSnooze
from controller.services.causes import diagnose
from controller.store.sites import OFFICE, WEEK, Hours, Site

DAYS = 7
DAY_S = 24 * 3600
LINES = 2_000
"""History lines that the plot is made from."""
SHOWN = 50
HOUR = 60
DEVICES = ("printer", "id_card", "scanner", "presence", "text_sign", "ups", "keypad")
"""Peripherals that have a name in the locale files."""
_EAST, _NORTH = 180.0, 90.0


async def fleet_map(request: web.Request) -> web.Response:
    """Draw the sites by region."""
    return await _show_map(request)


async def place(request: web.Request) -> web.StreamResponse:
    """Keep where a site is and when somebody is there."""
    form = await request.post()
    try:
        site = Site(
            word(form, "name", limit=200),
            _degrees(form, "longitude", most=_EAST),
            _degrees(form, "latitude", most=_NORTH),
            _hours(form),
        )
        await request.config_dict[ALERTS].place(signed_in(request), site)
    except BadInput as error:
        return await _show_map(request, problem=say(request, str(error)))
    raise done(request, "terminals-map", "site_placed")


async def terminal(request: web.Request) -> web.Response:
    """Show one terminal: what is the matter, what to do, its screens, its last days."""
    require(signed_in(request), Permission.READ_TERMINALS)
    services, device = request.config_dict, request.match_info["device"]
    status = await services[TERMINALS].status(device)
    everybody = await services[TERMINALS].list()
    history = await services[TERMINALS].history(device, limit=LINES)
    cleared = await services[TERMINALS].cleared_faults(device)
    now = int(services[CLOCK].now().timestamp())
    return await page(
        request,
        "terminal.html",
        one=status,
        found=diagnose(status, site=by_site(everybody).get(status.name, ())),
        plot=plot(history, begin=now - DAYS * DAY_S, now=now),
        history=history[:SHOWN],
        said={f"{one.code} {one.subject}": one.text for one in (*cleared, *status.faults)},
        devices=[(name, _device_word(name), word) for name, word in status.devices.items()],
        days=DAYS,
        paper=paper_view(status.paper) if status.printer else None,
        jobs=await job_list(request, await one_terminal(request, device)),
    )


def _device_word(device: str) -> str:
    return f"fleet.device.{device if device in DEVICES else 'other'}"


async def alerts(request: web.Request) -> web.Response:
    """List the alerts by site."""
    return await _show_alerts(request)


async def snooze(request: web.Request) -> web.StreamResponse:
    """Tell nobody of an alert for a while."""
    form = await request.post()
    try:
        await request.config_dict[ALERTS].snooze(
            signed_in(request), int(request.match_info["number"]), hours=number(form, "hours")
        )
    except (BadSnooze, NotFound) as error:
        return await _show_alerts(request, problem=str(error))
    raise done(request, "alerts", "alert_snoozed")


async def _show_map(request: web.Request, *, problem: str = "") -> web.Response:
    person = signed_in(request)
    require(person, Permission.READ_TERMINALS)
    statuses = await request.config_dict[TERMINALS].list()
    sites = await request.config_dict[ALERTS].sites()
    chosen = word(request.query, "site", limit=200)
    return await page(
        request,
        "terminals_map.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        map=draw(statuses, sites),
        chosen=sites.get(chosen, Site(chosen)) if chosen else None,
        office=OFFICE,
        may_place=allow(person, Permission.MANAGE_TERMINALS),
    )


async def _show_alerts(request: web.Request, *, problem: str = "") -> web.Response:
    person = signed_in(request)
    require(person, Permission.READ_TERMINALS)
    services = request.config_dict
    found = by_site(await services[TERMINALS].list())
    return await page(
        request,
        "alerts.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        board=await services[ALERTS].board(),
        found={
            name: {one.id: diagnose(one, site=ones) for one in ones} for name, ones in found.items()
        },
        now=int(services[CLOCK].now().timestamp()),
        may_snooze=allow(person, Permission.MANAGE_TERMINALS),
    )


# What is wrong with a form is raised as the key of its sentence.


def _degrees(form: Mapping[str, object], name: str, *, most: float) -> float | None:
    text = word(form, name, limit=20)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = most + 1
    if not -most <= value <= most:
        raise BadInput("fleet.bad_degrees")
    return value


def _hours(form: Mapping[str, object]) -> Hours:
    return tuple(_day(form, day) for day in range(WEEK))


def _day(form: Mapping[str, object], day: int) -> tuple[int, int]:
    opens, closes = (_minutes(word(form, f"{end}-{day}", limit=5)) for end in ("opens", "closes"))
    if opens is None and closes is None:
        return 0, 0
    if opens is None or closes is None or opens >= closes:
        raise BadInput("fleet.bad_hours")
    return opens, closes


def _minutes(text: str) -> int | None:
    hours, colon, minutes = text.partition(":")
    if not (colon and text.isascii() and hours.isdigit() and minutes.isdigit()):
        if text:
            raise BadInput("fleet.bad_hours")
        return None
    value = int(hours) * HOUR + int(minutes)
    if int(minutes) >= HOUR or value > 24 * HOUR:
        raise BadInput("fleet.bad_hours")
    return value
