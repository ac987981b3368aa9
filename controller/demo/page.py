"""The demo page: kiosk and screen live, every slip as a picture, and a finger.

Bound to loopback. A touch needs the page's own token, so that another site open in the same browser cannot
move the hand.
"""

import asyncio
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import jinja2
from aiohttp import web

from content.errors import NotFound
from controller.demo.devices import Hands
from controller.demo.hand import Covered, RemoteHand
from controller.demo.panes import Pane
from controller.demo.slips import PrintedSlip, printed, slip_path
from devices.clock import CHINA
from devices.sim.orders import NoDevice

UPRIGHT_PX, LYING_PX = 720, 1120
"""Widest pictures that go out."""

OWN_HOSTS = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True, slots=True)
class Stage:
    """What the page shows.

    Attributes:
        hand: eye and hand.
        panes: the windows on the display.
        sites: terminal -> name of the place where it stands.
        slips: terminal -> folder of printed pictures.
        desk_url: where the desk is.
        setup_link: returns the one-time link, "" once it has been used.
        problems: returns sentences on what does not run.
        token: the page's own.
        hands: terminal -> what can be done to its simulated devices.
    """

    hand: RemoteHand
    panes: tuple[Pane, ...]
    sites: Mapping[str, str]
    slips: Mapping[str, Path]
    desk_url: str
    setup_link: Callable[[], Awaitable[str]]
    problems: Callable[[], tuple[str, ...]]
    token: str
    hands: Mapping[str, Hands] = field(default_factory=dict)

    def pane(self, name: str) -> Pane:
        """Return the pane of this name.

        Raises:
            web.HTTPNotFound: there is none.
        """
        for pane in self.panes:
            if pane.name == name:
                return pane
        raise web.HTTPNotFound


STAGE = web.AppKey("STAGE", Stage)


def new_token() -> str:
    """Return a fresh page token."""
    return secrets.token_urlsafe(24)


def create_demo_page(stage: Stage) -> web.Application:
    """Return the application of the demo page."""
    app = web.Application(client_max_size=4096, middlewares=[_own_host])
    app[STAGE] = stage
    app.add_routes(
        [
            web.get("/", index),
            web.get("/demo.css", static_text),
            web.get("/demo.js", static_text),
            web.get("/picture/{pane}", picture),
            web.post("/touch/{pane}", touch),
            web.post("/device/{terminal}/{kind}/{number:[0-9]{1,2}}", device),
            web.get("/state", state),
            web.get("/slips/{terminal}/{name}", slip),
        ]
    )
    app.on_response_prepare.append(_secure)
    return app


@web.middleware
async def _own_host(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer nobody who came by another name: such a name may belong to a hostile site (DNS rebinding)."""
    if request.url.host not in OWN_HOSTS:
        raise web.HTTPMisdirectedRequest
    return await handler(request)


async def _secure(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' blob:"
    response.headers.setdefault("Cache-Control", "no-store")


async def index(request: web.Request) -> web.Response:
    """Show the page."""
    stage = request.app[STAGE]
    source = files("controller.demo").joinpath("page.html").read_text("utf-8")
    template = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    text = template.from_string(source).render(stage=stage, setup_link=await stage.setup_link())
    return web.Response(text=text, content_type="text/html")


async def static_text(request: web.Request) -> web.Response:
    """Serve the page's style and script."""
    name = request.path.removeprefix("/")
    text = files("controller.demo").joinpath(name).read_text("utf-8")
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    return web.Response(text=text, content_type=kind)


async def picture(request: web.Request) -> web.Response:
    """Serve a pane's picture; 204 if it is the one that the page has already (?seen=MARK)."""
    stage = request.app[STAGE]
    pane = stage.pane(request.match_info["pane"])
    width = min(pane.width, UPRIGHT_PX if pane.height > pane.width else LYING_PX)
    now = await asyncio.to_thread(stage.hand.picture, pane, width=width)
    if request.query.get("seen") == now.mark:
        return web.Response(status=204)
    return web.Response(body=now.jpeg, content_type="image/jpeg", headers={"X-Mark": now.mark})


async def touch(request: web.Request) -> web.Response:
    """Touch a pane at {across, down}, fractions of its size."""
    stage = request.app[STAGE]
    if not hmac.compare_digest(request.headers.get("X-Demo-Token", ""), stage.token):
        raise web.HTTPForbidden
    pane = stage.pane(request.match_info["pane"])
    if not pane.is_kiosk:
        raise web.HTTPNotFound
    across, down = _place(await request.text())
    try:
        await asyncio.to_thread(stage.hand.touch, pane, across=across, down=down)
    except Covered as why:
        return web.Response(status=409, text=str(why))
    return web.Response(status=204)


async def device(request: web.Request) -> web.Response:
    """Press a button at a simulated device; the body is what was typed beside it."""
    stage, place = request.app[STAGE], request.match_info
    if not hmac.compare_digest(request.headers.get("X-Demo-Token", ""), stage.token):
        raise web.HTTPForbidden
    hands = stage.hands.get(place["terminal"])
    if hands is None:
        raise web.HTTPNotFound
    typed, number = await request.text(), int(place["number"])
    try:
        await asyncio.to_thread(hands.press, place["kind"], number, typed=typed)
    except NotFound as error:
        raise web.HTTPNotFound from error
    except NoDevice:
        return web.Response(status=409, text="这台模拟设备已停止，请重新运行 make demo。")
    return web.Response(status=204)


def _place(body: str) -> tuple[float, float]:
    try:
        said = json.loads(body)
        return float(said["across"]), float(said["down"])
    except (ValueError, KeyError, TypeError) as error:
        raise web.HTTPBadRequest from error


async def state(request: web.Request) -> web.Response:
    """Say what changes: slips newest first, problems, whether the set-up link is still good."""
    stage = request.app[STAGE]
    found = await asyncio.to_thread(printed, stage.slips)
    return web.json_response(
        {
            "token": stage.token,
            "problems": stage.problems(),
            "setup_link": await stage.setup_link(),
            "slips": [_slip(one, stage) for one in found],
        }
    )


def _slip(one: PrintedSlip, stage: Stage) -> dict[str, str]:
    at = datetime.fromtimestamp(one.at_ns / 1e9, CHINA)
    return {
        "picture": f"/slips/{one.terminal}/{one.name}?{one.at_ns}",
        "site": stage.sites.get(one.terminal, one.terminal),
        "at": f"{at:%H:%M:%S}",
    }


async def slip(request: web.Request) -> web.StreamResponse:
    """Serve one slip's picture."""
    folders, name = request.app[STAGE].slips, request.match_info["name"]
    path = await asyncio.to_thread(slip_path, folders, request.match_info["terminal"], name)
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path)
