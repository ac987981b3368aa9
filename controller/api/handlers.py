"""The device API: the same envelopes and bytes as over MQTT, and what is too large for it (wire.md 9.2)."""

import base64
import re
from http import HTTPStatus

import msgspec
from aiohttp import web

from content.codes import BadCode
from content.errors import NotFound
from content.feed.entry import head_to_bytes
from controller.api.keys import SERVICES, TERMINAL
from controller.api.peer import OTHER_FEED, problem
from devices.wire.messages import BadMessage, Envelope, Hello, from_bytes, to_bytes

BINARY = "application/octet-stream"
FEED = r"{feed:[a-z]+/[0-9a-zA-Z/._-]{1,80}}"
_FROM = re.compile(r"[1-9][0-9]{0,15}")
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


async def head(request: web.Request) -> web.Response:
    """GET /f/{feed}/head: the signed head, msgpack."""
    feed = _feed(request)
    if feed is None:
        return problem(HTTPStatus.FORBIDDEN, OTHER_FEED)
    signed = await request.config_dict[SERVICES].feeds.head(feed)
    if signed is None:
        raise NotFound("这个频道还没有发布过内容。")
    return web.Response(body=head_to_bytes(signed), content_type=BINARY)


async def log(request: web.Request) -> web.Response:
    """GET /f/{feed}/log?from=N: a msgpack array of lines, the signed head in X-Head ("" for an empty feed)."""
    feed = _feed(request)
    if feed is None:
        return problem(HTTPStatus.FORBIDDEN, OTHER_FEED)
    start = request.query.get("from", "1")
    if not _FROM.fullmatch(start):
        raise BadMessage("from is not a sequence")
    feeds = request.config_dict[SERVICES].feeds
    # The head last: it must not promise less than the page holds.
    lines = await feeds.page(feed, int(start))
    signed = await feeds.head(feed)
    said = base64.b64encode(head_to_bytes(signed)).decode() if signed else ""
    body = msgspec.msgpack.encode(lines)
    return web.Response(body=body, content_type=BINARY, headers={"X-Head": said})


async def up(request: web.Request) -> web.Response:
    """POST /up: an envelope; answered with its Ack after the commit."""
    envelope = from_bytes(await request.read(), Envelope)
    ack = await request.config_dict[SERVICES].intake.receive(envelope, peer=request[TERMINAL].id)
    return _json(ack)


async def hello(request: web.Request) -> web.Response:
    """POST /hello: what the terminal holds; answered with a Welcome."""
    said = from_bytes(await request.read(), Hello)
    return _json(await request.config_dict[SERVICES].welcomer.answer(request[TERMINAL], said))


async def blob(request: web.Request) -> web.FileResponse:
    """GET /b/{sha256}: an immutable file, with Range. The terminal checks the hash itself."""
    path = request.config_dict[SERVICES].blobs / request.match_info["name"]
    if not path.is_file():
        raise NotFound("没有这个文件。")
    return web.FileResponse(path, headers={**IMMUTABLE, "Content-Type": BINARY})


async def receipt(request: web.Request) -> web.Response:
    """GET /r/{code}: where a request stands, for the visitor who scanned its receipt. No personal data."""
    ask = request.config_dict[SERVICES].standing
    if ask is None:
        raise NotFound("这里不能查询办理进度。")
    try:
        return _json(await ask(request.match_info["code"]))
    except BadCode as error:
        raise NotFound(str(error)) from error


ROUTES = (
    web.get(f"/f/{FEED}/head", head),
    web.get(f"/f/{FEED}/log", log),
    web.post("/up", up),
    web.post("/hello", hello),
    web.get("/b/{name:[0-9a-f]{64}}", blob),
    web.get("/r/{code:[0-9A-Za-z-]{10,14}}", receipt),
)


def _feed(request: web.Request) -> str | None:
    feed = request.match_info["feed"]
    return feed if feed in request[TERMINAL].feeds else None


def _json(message: object) -> web.Response:
    return web.Response(body=to_bytes(message), content_type="application/json")
