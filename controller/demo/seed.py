"""Fill the demo county: documents through the importer and the desk's own steps, items and programme signed in bulk."""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import time
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from aiohttp import web

from content.catalog.domains import DOMAINS
from content.catalog.item import CatalogItem
from content.codes import code_from
from content.disclosure.classes import DisclosureClass
from content.feed.batch import BatchSaid, statements_of, to_sign
from content.feed.body import Record, body_bytes
from content.programme.programme import OpeningHours, Programme, Region, Source
from content.search.curating import add_hot
from controller import keys
from controller.demo.cast import Cast
from controller.services.feed_log import SignedBatch
from controller.store.documents import Document, DocumentState, Proposal

logger = logging.getLogger(__name__)

REGION = "519921"
COUNTY = "望溪县"
ZONE = "望溪县政务公开专区"
HALL = "县政务服务中心一楼综合窗口"
HOT = ("低保", "医保缴费", "高龄津贴", "户口迁移", "危房改造", "社保卡")
HOURS = "工作日 9:00—12:00，13:00—17:00"


async def seed(app: web.Application, cast: Cast) -> None:
    """Publish what the demo county has and has not published yet."""
    await _bulk(app, cast)
    await _words(app, cast)
    known = _read("fields.json")
    for source in sorted(_county().joinpath("documents").iterdir(), key=lambda one: one.name):
        document = await app[keys.DOCUMENTS].take_file(
            cast.drafter, name=source.name, data=source.read_bytes()
        )
        # What a visitor has taken in hand is theirs; what an earlier start left half done is ours.
        if document.version == 0 and document.contributors == (cast.drafter.id,):
            await _publish(app, cast, document, known.get(source.name, {}))


async def _publish(
    app: web.Application, cast: Cast, document: Document, known: dict[str, str]
) -> None:
    documents, publishing = app[keys.DOCUMENTS], app[keys.PUBLISHING]
    if document.state is DocumentState.DRAFT:
        checked = replace(
            document.fields, domain=known.get("domain", ""), contact=known.get("contact", "")
        )
        document = await documents.correct(
            cast.drafter,
            document.id,
            seen=document.revision,
            fields=checked,
            blocks=document.blocks,
        )
        proposal = Proposal(DisclosureClass.PROACTIVE)
        document = await documents.propose(
            cast.drafter, document.id, proposal, seen=document.revision
        )
        document = await documents.submit(cast.drafter, document.id, seen=document.revision)
    if document.state is DocumentState.SUBMITTED:
        pending = await publishing.statement_for(cast.approver, document.id)
        approval = cast.key.approve(pending.statement.signed_bytes())
        await publishing.approve(cast.approver, document.id, approval)


async def _bulk(app: web.Application, cast: Cast) -> None:
    publishing, feed = app[keys.PUBLISHING], app[keys.CONFIG].main_feed
    if feed in await publishing.sequences():
        return
    now = int(app[keys.CLOCK].now().timestamp())
    records: list[Record] = [programme(), *items()]
    await publishing.append_batch(_signed(records, cast, feed=feed, now=now))
    logger.info("demo catalogue published", extra={"records": len(records)})


async def _words(app: web.Application, cast: Cast) -> None:
    """Begin the county's search words and have them signed, unless a visitor has them in hand already."""
    curation = app[keys.CURATION]
    state = await curation.state(cast.drafter, REGION)
    if state.draft.revision:
        return
    draft = await curation.begin(cast.drafter, REGION)
    for word in HOT:
        draft = await curation.change(
            cast.drafter,
            REGION,
            partial(add_hot, text=word),
            act="hot_added",
            note=word,
            seen=draft.revision,
        )
    pending = await curation.statement_for(cast.approver, REGION)
    await curation.approve(
        cast.approver, REGION, cast.key.approve(pending.statement.signed_bytes())
    )


def _signed(records: Sequence[Record], cast: Cast, *, feed: str, now: int) -> SignedBatch:
    """Return the records approved at once, as an approver does with a whole catalogue."""
    said = BatchSaid(feed, cast.drafter.id, now)
    named = tuple((record.id, 1) for record in records)
    bodies = tuple(body_bytes(record) for record in records)
    approval = cast.key.approve(to_sign(statements_of(said, named, bodies)))
    return SignedBatch(said, (approval,), named, bodies)


def items() -> Iterable[CatalogItem]:
    """Return the service items of the demo county.

    One item of each department comes last, so that the newest ones, which the kiosk's 咨询 reads, name them all.
    """
    aliases, phones = _read("aliases.json"), _read("phones.json")
    kept: dict[str, CatalogItem] = {}
    for line in _county().joinpath("items.jsonl").read_text("utf-8").splitlines():
        fields = json.loads(line)
        name, department = fields["name"], fields["department"]
        item = CatalogItem(
            id=code_from(f"{fields['code']} {name}"),
            title=name,
            item_code=fields["code"],
            department=department,
            region=REGION,
            domain=_domain(name),
            aliases=tuple(aliases.get(name, ())),
            where=HALL,
            when=HOURS,
            phone=phones[department],
        )
        kept.setdefault(item.id, item)
    last = {item.department: item.id for item in kept.values()}.values()
    return sorted(kept.values(), key=lambda item: item.id in last)


def programme() -> Programme:
    """Return the programme of the demo's screen: always open, so that a visitor sees it at any hour."""
    return Programme(
        id=code_from("demo programme"),
        title="大厅信息屏",
        region=REGION,
        hours=(OpeningHours((1, 2, 3, 4, 5, 6, 7), time(0, 0), time(0, 0)),),
        regions=(
            Region("main", 0, 0, 64, 100, Source.NEWEST_DOCUMENTS),
            Region("side", 64, 0, 36, 100, Source.NOTICES, item_seconds=24, count=16),
        ),
        closed_text="现在休息",
    )


def _domain(name: str) -> str:
    return next((domain.name for domain in DOMAINS if domain.name[:4] in name), "")


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(_county().joinpath(name).read_text("utf-8"))
    return read


def _county() -> Traversable:
    return files("controller.demo").joinpath("county")
