"""Read what signing.js posts: JSON with a key's id and a signature in hex."""

from collections.abc import Mapping

import msgspec
from aiohttp import web

from content.feed.statement import Approval
from controller.desk.forms import BadInput, word


async def read_json(request: web.Request) -> Mapping[str, object]:
    """Return the posted object; anything else counts as empty, and the fields say what is missing."""
    try:
        return msgspec.json.decode(await request.read(), type=dict[str, object])
    except (msgspec.MsgspecError, RecursionError):
        return {}


def approval_of(form: Mapping[str, object], *, sentence: str) -> Approval:
    """Return the signature that was posted.

    Raises:
        BadInput: not a signature; `sentence` says what to do.
    """
    try:
        return Approval(word(form, "key_id", limit=16), bytes.fromhex(word(form, "signature")))
    except ValueError as error:
        raise BadInput(sentence) from error
