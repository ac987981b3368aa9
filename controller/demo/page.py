"""The demo page: kiosk and screen live, every slip as a picture, and a finger.

Bound to loopback. A touch needs the page's own token, so that another site open in the same browser cannot
move the hand.
"""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2
from aiohttp import web

from controller.demo.display import Pane
from controller.demo.hand import RemoteHand
from controller.demo.slips import printed, slip_path

FRAME_S = 0.3
"""Seconds between two pictures of a pane."""

BOUNDARY = "frame"


@dataclass(frozen=True, slots=True)
class Stage:
    """What the page shows.

    Attributes:
        hand: eye and hand.
        panes: the windows on the display.
        slips: terminal -> folder of printed pictures.
        desk_url: where the desk is.
        setup_link: the one-time link, "" once it has been used.
        token: the page's own.
    """

    hand: RemoteHand
    panes: tuple[Pane, ...]
    slips: dict[str, Path]
    desk_url: str
    setup_link: str
    token: str

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
    app = web.Application(client_max_size=4096)
    app[STAGE] = stage
    app.add_routes(
        [
            web.get("/", index),
            web.get("/demo.css", static_text),
            web.get("/demo.js", static_text),
            web.get("/live/{pane}", live),
            web.get("/still/{pane}", still),
            web.post("/touch/{pane}", touch),
            web.get("/slips", slips),
            web.get("/slips/{terminal}/{name}", slip),
        ]
    )
    app.on_response_prepare.append(_secure)
    return app


async def _secure(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'self'"


async def index(request: web.Request) -> web.Response:
    """Show the page."""
    stage = request.app[STAGE]
    source = files("controller.demo").joinpath("page.html").read_text("utf-8")
    template = jinja2.Environment(autoescape=True).from_string(source)
    return web.Response(text=template.render(stage=stage), content_type="text/html")


async def static_text(request: web.Request) -> web.Response:
    """Serve the page's style and script."""
    name = request.path.removeprefix("/")
    text = files("controller.demo").joinpath(name).read_text("utf-8")
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    return web.Response(text=text, content_type=kind)


async def live(request: web.Request) -> web.StreamResponse:
    """Stream one pane as motion JPEG; a picture goes out only when it has changed."""
    stage = request.app[STAGE]
    pane = stage.pane(request.match_info["pane"])
    kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
    response = web.StreamResponse(headers={"Content-Type": kind, "Cache-Control": "no-store"})
    await response.prepare(request)
    shown = b""
    while request.transport is not None and not request.transport.is_closing():
        picture = await asyncio.to_thread(stage.hand.picture, pane, width=_width(pane))
        digest = hashlib.sha256(picture).digest()
        if digest != shown:
            shown = digest
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            # Twice: browsers draw a part of a motion JPEG only when the next one begins.
            await response.write((head.encode() + picture + b"\r\n") * 2)
        await asyncio.sleep(FRAME_S)
    return response


async def still(request: web.Request) -> web.Response:
    """Serve one picture of a pane."""
    stage = request.app[STAGE]
    pane = stage.pane(request.match_info["pane"])
    picture = await asyncio.to_thread(stage.hand.picture, pane, width=_width(pane))
    return web.Response(body=picture, content_type="image/jpeg")


async def touch(request: web.Request) -> web.Response:
    """Touch a pane at {across, down}, fractions of its size."""
    stage = request.app[STAGE]
    if not hmac.compare_digest(request.headers.get("X-Demo-Token", ""), stage.token):
        raise web.HTTPForbidden
    pane = stage.pane(request.match_info["pane"])
    place = await request.json()
    await asyncio.to_thread(
        stage.hand.touch, pane, across=float(place["across"]), down=float(place["down"])
    )
    return web.Response(status=204)


async def slips(request: web.Request) -> web.Response:
    """List the printed slips, newest first."""
    found = await asyncio.to_thread(printed, request.app[STAGE].slips)
    return web.json_response([{"terminal": one.terminal, "name": one.name} for one in found])


async def slip(request: web.Request) -> web.StreamResponse:
    """Serve one slip's picture."""
    folders, name = request.app[STAGE].slips, request.match_info["name"]
    path = await asyncio.to_thread(slip_path, folders, request.match_info["terminal"], name)
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path)


def _width(pane: Pane) -> int:
    return min(pane.width, 720 if pane.height > pane.width else 1120)
