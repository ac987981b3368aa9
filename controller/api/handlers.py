"""The device API: the same envelopes and bytes as over MQTT, and what is too large for it (wire.md 9.2)."""

import asyncio
import base64
import re
from http import HTTPStatus

import msgspec
from aiohttp import web

from content.codes import BadCode
from content.errors import NotFound
from content.feed.entry import head_to_bytes
from controller.api.keys import SERVICES, TERMINAL
from controller.api.peer import OTHER_FEED, TOO_LARGE, TOO_MANY, problem
from controller.services.trust_shelf import NAME
from devices.wire.jobs import MAX_RESULT, Orders
from devices.wire.messages import AckResult, BadMessage, Envelope, Hello, from_bytes, to_bytes

BINARY = "application/octet-stream"
FEED = r"{feed:[a-z]+/[0-9a-zA-Z/._-]{1,80}}"
_FROM = re.compile(r"[1-9][0-9]{0,15}")
WORD_WAIT_S = 5
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
    """GET /f/{feed}/log?from=N: a msgpack array of lines, the signed head in X-Head ("" for an empty feed).

    With `&plain=1` no body is packed against anything that a terminal may lack.
    """
    feed = _feed(request)
    if feed is None:
        return problem(HTTPStatus.FORBIDDEN, OTHER_FEED)
    start = request.query.get("from", "1")
    if not _FROM.fullmatch(start):
        raise BadMessage("from is not a sequence")
    feeds = request.config_dict[SERVICES].feeds
    # The head last: it must not promise less than the page holds.
    services = request.config_dict[SERVICES]
    if request.query.get("plain") == "1" and services.library is not None:
        lines = await services.library.plain_page(feed, int(start))
    else:
        lines = await feeds.page(feed, int(start))
    signed = await feeds.head(feed)
    said = base64.b64encode(head_to_bytes(signed)).decode() if signed else ""
    body = msgspec.msgpack.encode(lines)
    return web.Response(body=body, content_type=BINARY, headers={"X-Head": said})


async def entry(request: web.Request) -> web.Response:
    """GET /f/{feed}/r/{record}: the newest entry of one record in its kept form, to mend a damaged copy."""
    feed = _feed(request)
    if feed is None:
        return problem(HTTPStatus.FORBIDDEN, OTHER_FEED)
    library = request.config_dict[SERVICES].library
    kept = await library.newest_entry(feed, request.match_info["record"]) if library else b""
    if not kept:
        raise NotFound("这个频道没有这条内容。")
    return web.Response(body=kept, content_type=BINARY)


async def up(request: web.Request) -> web.Response:
    """POST /up: an envelope; answered with its Ack after the commit."""
    envelope = from_bytes(await request.read(), Envelope)
    ack = await request.config_dict[SERVICES].intake.receive(envelope, peer=request[TERMINAL].id)
    if ack.result is AckResult.LATER:
        return _too_many(ack.wait_s)
    return _json(ack)


async def word(request: web.Request) -> web.Response:
    """POST /up/{state|rep|info|tele}, POST /up/job/{id}: what the topic of that name would carry."""
    services, device = request.config_dict[SERVICES], request[TERMINAL].id
    if services.words.are_too_many(device):
        return _too_many(WORD_WAIT_S)
    rest = request.match_info["rest"]
    await services.words.take_over_https(device, rest, await request.read())
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def orders(request: web.Request) -> web.Response:
    """GET /orders: the next job and the desired shadow, as the retained topics would say."""
    jobs, device = request.config_dict[SERVICES].jobs, request[TERMINAL].id
    return _json(Orders(await jobs.next(device), await jobs.wants.signed(device)))


async def renew(request: web.Request) -> web.Response:
    """POST /renew: a certificate request (PEM); answered with the certificate to use from now on (PEM)."""
    services = request.config_dict[SERVICES]
    certificate = await services.renewals.renew(request[TERMINAL], await request.read())
    return web.Response(text=certificate, content_type="application/x-pem-file")


async def job_result(request: web.Request) -> web.Response:
    """PUT /job/{id}/result: what a job brought; answered with its SHA-256."""
    data = bytearray()
    async for piece in request.content.iter_any():
        data += piece
        if len(data) > MAX_RESULT:
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)
    digest = await request.config_dict[SERVICES].jobs.brought(
        request[TERMINAL].id, request.match_info["id"], bytes(data)
    )
    return web.json_response({"sha256": digest})


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


async def trust(request: web.Request) -> web.Response:
    """GET /t/{name}: a TUF file (docs/adr/0020). What is not there is an ordinary answer to a TUF client."""
    shelf = request.config_dict[SERVICES].trust
    data = None
    if shelf is not None:
        data = await asyncio.to_thread(shelf.file, request.match_info["name"])
    if data is None:
        raise NotFound("没有这个文件。")
    return web.Response(body=data, content_type="application/json")


async def receipt(request: web.Request) -> web.Response:
    """GET /r/{code}: where a request stands, for the visitor who scanned its receipt. No personal data."""
    ask = request.config_dict[SERVICES].standing
    if ask is None:
        raise NotFound("这里不能查询办理进度。")
    try:
        return _json(await ask(request.match_info["code"]))
    except BadCode as error:
        raise NotFound(str(error)) from error


async def search_model(request: web.Request) -> web.Response:
    """GET /search-model: which learned model is in use; the file itself is under /b."""
    models = request.config_dict[SERVICES].models
    if models is None:
        raise NotFound("这里没有搜索模型。")
    return _json(models.offer())


ROUTES = (
    web.get(f"/f/{FEED}/head", head),
    web.get(f"/f/{FEED}/log", log),
    web.get(f"/f/{FEED}/r/{{record:[0-9A-Za-z_-]{{1,64}}}}", entry),
    web.post("/up", up),
    web.post(r"/up/{rest:(?:state|rep|info|tele|job/[0-9a-f]{32})}", word),
    web.get("/orders", orders),
    web.post("/renew", renew),
    web.put(r"/job/{id:[0-9a-f]{32}}/result", job_result),
    web.post("/hello", hello),
    web.get("/b/{name:[0-9a-f]{64}}", blob),
    web.get(f"/t/{{name:{NAME.pattern}}}", trust),
    web.get("/search-model", search_model),
    web.get("/r/{code:[0-9A-Za-z-]{10,14}}", receipt),
)


def _feed(request: web.Request) -> str | None:
    feed = request.match_info["feed"]
    return feed if feed in request[TERMINAL].feeds else None


def _too_many(wait_s: int) -> web.Response:
    answer = problem(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY)
    answer.headers["Retry-After"] = str(wait_s)
    return answer


def _json(message: object) -> web.Response:
    return web.Response(body=to_bytes(message), content_type="application/json")
