"""What a terminal without a certificate may ask of the public web: to be paired, and how that stands."""

import msgspec
from aiohttp import web

from controller.keys import PAIRINGS
from controller.services.pairings import BadPairing
from devices.wire.pairing import PairingRequest

MOST_BYTES = 16 * 1024


async def ask(request: web.Request) -> web.Response:
    """POST /pair: a PairingRequest; answered with a PairingTicket."""
    body = await request.read()
    if len(body) > MOST_BYTES:
        raise BadPairing("too large")
    try:
        asked = msgspec.json.decode(body, type=PairingRequest)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadPairing("not a pairing request") from error
    ticket = await request.config_dict[PAIRINGS].ask(asked, address=request.remote or "")
    return _json(ticket)


async def look(request: web.Request) -> web.Response:
    """GET /pair/{ticket}: a PairingAnswer."""
    return _json(await request.config_dict[PAIRINGS].look(request.match_info["ticket"]))


ROUTES = (
    web.post("/pair", ask),
    web.get(r"/pair/{ticket:[0-9a-f]{64}}", look),
)


def _json(message: object) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(
        body=msgspec.json.encode(message), content_type="application/json", headers=headers
    )
