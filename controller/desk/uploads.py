"""Take files into the desk, each for itself: one that cannot be read says why, the others are kept."""

from dataclasses import dataclass

import msgspec
from aiohttp import BodyPartReader, web

from content.errors import ZoneError
from controller.auth.permissions import Permission, require
from controller.auth.sessions import signed_in
from controller.desk.pages import address, say
from controller.keys import CONFIG, DOCUMENTS

CHUNK = 1 << 16
MAX_FILES = 100


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file. `href` is its document's page, "" if it was refused."""

    name: str
    sentence: str
    href: str


async def upload(request: web.Request) -> web.Response:
    """Take every file of the form; say of each what became of it."""
    require(signed_in(request), Permission.DRAFT_DOCUMENT)
    taken: list[Taken] = []
    reader = await request.multipart()
    while part := await reader.next():
        if isinstance(part, BodyPartReader) and part.filename:
            taken.append(await _take(request, part, room=len(taken) < MAX_FILES))
    if not taken:
        taken.append(Taken("", say(request, "upload.no_file"), ""))
    return web.json_response({"files": msgspec.to_builtins(taken)})


async def _take(request: web.Request, part: BodyPartReader, *, room: bool) -> Taken:
    name = part.filename or ""
    limit_mb = request.config_dict[CONFIG].upload_mb
    data = await _read(part, limit=limit_mb * 1024 * 1024)
    if data is None:
        return Taken(name, say(request, "upload.too_large", mb=limit_mb), "")
    if not room:
        return Taken(name, say(request, "upload.too_many", n=MAX_FILES), "")
    by = signed_in(request)
    try:
        document = await request.config_dict[DOCUMENTS].take_file(by, name=name, data=data)
    except ZoneError as error:
        return Taken(name, str(error), "")
    count = len(document.warnings)
    sentence = say(request, "upload.taken" if count else "upload.taken_clean", n=count)
    return Taken(name, sentence, address(request, "document", id=document.id))


async def _read(part: BodyPartReader, *, limit: int) -> bytes | None:
    """Return the file's bytes, None if it is over the limit; the rest is read and thrown away."""
    data = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        if len(data) + len(chunk) > limit:
            await part.release()
            return None
        data += chunk
    return bytes(data)
