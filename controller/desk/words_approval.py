"""Sign a region's search words: the browser fetches the exact bytes, checks and draws them, and signs."""

import json
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from controller.auth.sessions import signed_in
from controller.desk.forms import word
from controller.desk.pages import address, page, say
from controller.desk.payload import approval_of, read_json
from controller.keys import CURATION, PEOPLE, POLICIES
from controller.services.publishing import ToSign
from controller.store.keys import KeyState, KeyUse

PARTS = ("aliases", "synonyms", "best_bets", "denied", "hot", "popular")


async def offer(request: web.Request) -> web.Response:
    """Show what will be published."""
    by, services = signed_in(request), request.config_dict
    region, ready = await _to_sign(request)
    state = await services[CURATION].state(by, region)
    held = await services[PEOPLE].keys(by, holder=by.id)
    mine = [key.id for key in held if (key.use, key.state) == (KeyUse.APPROVE, KeyState.ACTIVE)]
    policy = await services[POLICIES].current()
    counted = [one for one in mine if policy and policy.policy.key(one)]
    query = urlencode({"region": region})
    return await page(
        request,
        "words_approve.html",
        region=region,
        state=state,
        offer=ready,
        key_ids=counted,
        key_waits=bool(mine) and not counted,
        statement_url=f"{address(request, 'words-statement')}?{query}",
        body_url=f"{address(request, 'words-body')}?{query}",
        sign_url=f"{address(request, 'words-sign')}?{query}",
        fact_words=json.dumps(
            [["region", say(request, "words.region"), {}, region]], ensure_ascii=False
        ),
        part_words=json.dumps(
            {part: say(request, f"words.signed.{part}") for part in PARTS}, ensure_ascii=False
        ),
        names=await services[PEOPLE].names(),
    )


async def statement(request: web.Request) -> web.Response:
    """Return what is to be signed: its fields, and the bytes that the browser must arrive at itself."""
    _, ready = await _to_sign(request)
    return web.json_response(
        {
            "statement": msgspec.to_builtins(ready.statement),
            "signed_bytes": ready.statement.signed_bytes().hex(),
            "scope": {"feed": ready.statement.feed},
        }
    )


async def body(request: web.Request) -> web.Response:
    """Return the canonical bytes that will be published."""
    _, ready = await _to_sign(request)
    return web.Response(body=ready.body, content_type="application/octet-stream")


async def sign(request: web.Request) -> web.Response:
    """Take the signature; say where to go next."""
    form = await read_json(request)
    region = request.config_dict[CURATION].region(word(request.query, "region"))
    outcome = await request.config_dict[CURATION].approve(
        signed_in(request), region, approval_of(form, sentence=say(request, "sign.unreadable"))
    )
    key = "words_published" if outcome.published else "signed"
    query = urlencode({"region": region, "done": key})
    return web.json_response({"next": f"{address(request, 'words')}?{query}"})


async def _to_sign(request: web.Request) -> tuple[str, ToSign]:
    curation = request.config_dict[CURATION]
    region = curation.region(word(request.query, "region"))
    return region, await curation.statement_for(signed_in(request), region)
