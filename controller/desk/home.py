"""The first page after sign-in: what waits for this person."""

from dataclasses import dataclass

from aiohttp import web

from controller.auth.permissions import Permission, allow
from controller.auth.sessions import signed_in
from controller.desk.pages import address, language_of, page, say, show_day
from controller.keys import CLOCK, CURATION, DOCUMENTS, PEOPLE, POLICIES, REQUESTS, TERMINALS
from controller.services.requests import RequestRow
from controller.store.documents import Document, DocumentState
from controller.store.keys import KeyState, KeyUse
from controller.store.people import Person

TASKS = 10
"""Tasks of a kind that are listed; the tile says how many there are in all."""

PAGE = 200
"""Documents that are looked through at once."""

SOON_DAYS = 5
"""Working days before its due date from which a request is on this page."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. `kind` is a word under `home.task.`."""

    kind: str
    title: str
    note: str
    href: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A number with a way to what it counts. `name` is a word under `home.tile.`."""

    name: str
    icon: str
    count: int
    href: str


async def home(request: web.Request) -> web.Response:
    """Show what waits for this person, each thing with the page where it is done."""
    by = signed_in(request)
    parts = [
        await part(request, by)
        for part, needed in (
            (_to_correct, Permission.DRAFT_DOCUMENT),
            (_to_approve, Permission.APPROVE_DOCUMENT),
            (_words_wait, Permission.APPROVE_WORDS),
            (_requests_due, Permission.WORK_REQUEST),
            (_terminals, Permission.READ_TERMINALS),
        )
        if allow(by, needed)
    ]
    now = request.config_dict[CLOCK].now()
    return await page(
        request,
        "home.html",
        tiles=[tile for tile, _ in parts],
        tasks=[task for _, tasks in parts for task in tasks],
        day_words=show_day(now.date(), language=language_of(request)),
        key_hint=await _key_hint(request, by),
    )


async def _to_correct(request: web.Request, by: Person) -> tuple[Tile, list[Task]]:
    service = request.config_dict[DOCUMENTS]
    counts = await service.counts(by)
    tasks: list[Task] = []
    for state, kind, tone, icon in (
        (DocumentState.RETURNED, "returned", "warn", "undo-2"),
        (DocumentState.DRAFT, "draft", "", "pen-line"),
    ):
        rows = await service.list(by, state=state, limit=TASKS)
        tasks += [_document_task(request, one, kind, (tone, icon)) for one in rows]
    count = counts.get(DocumentState.DRAFT, 0) + counts.get(DocumentState.RETURNED, 0)
    return Tile("to_correct", "pen-line", count, address(request, "documents")), tasks[:TASKS]


async def _to_approve(request: web.Request, by: Person) -> tuple[Tile, list[Task]]:
    service = request.config_dict[DOCUMENTS]
    mine: list[Document] = []
    offset = 0
    while rows := await service.list(by, state=DocumentState.SUBMITTED, limit=PAGE, offset=offset):
        mine += [one for one in rows if allow(by, Permission.APPROVE_DOCUMENT, one)]
        offset += PAGE
    href = f"{address(request, 'documents')}?state=submitted"
    tasks = [_document_task(request, one, "approve", ("blue", "stamp")) for one in mine[:TASKS]]
    return Tile("to_approve", "stamp", len(mine), href), tasks


async def _words_wait(request: web.Request, by: Person) -> tuple[Tile, list[Task]]:
    service, waiting = request.config_dict[CURATION], []
    for region in await service.regions(by):
        state = await service.state(by, region)
        if state.waits and allow(by, Permission.APPROVE_WORDS, state.draft):
            waiting.append(region)
    href = address(request, "words")
    title = say(request, "nav.words")
    tasks = [
        Task("words", title, one, f"{href}?region={one}", "blue", "stamp")
        for one in waiting[:TASKS]
    ]
    return Tile("words", "text-search", len(waiting), href), tasks


async def _requests_due(request: web.Request, by: Person) -> tuple[Tile, list[Task]]:
    service = request.config_dict[REQUESTS]
    count = await service.count_due(by, within=SOON_DAYS)
    rows = await service.list(by, limit=min(count, TASKS))
    tasks = [_request_task(request, one) for one in rows]
    return Tile("requests_due", "inbox", count, address(request, "requests")), tasks


async def _terminals(request: web.Request, _by: Person) -> tuple[Tile, list[Task]]:
    href = address(request, "terminals")
    bad = [one for one in await request.config_dict[TERMINALS].list() if not one.green]
    tasks = [
        Task("terminal", one.name, f"{one.cause}{one.next_step}", href, "warn", "monitor")
        for one in bad[:TASKS]
    ]
    return Tile("terminals", "monitor", len(bad), href), tasks


def _document_task(request: web.Request, one: Document, kind: str, look: tuple[str, str]) -> Task:
    where = "approve" if kind == "approve" else "document"
    title = one.fields.title or say(request, "documents.untitled")
    note = one.fields.document_number or say(request, "documents.no_number")
    return Task(kind, title, note, address(request, where, id=one.id), *look)


def _request_task(request: web.Request, one: RequestRow) -> Task:
    days = one.days_left or 0
    late = days < 0
    note = say(request, "requests.overdue" if late else "requests.days_left", days=abs(days))
    href = address(request, "request", number=one.number)
    return Task(
        "overdue" if late else "due", one.number, note, href, "bad" if late else "warn", "clock"
    )


async def _key_hint(request: web.Request, by: Person) -> str:
    """Return which key is missing before this person can do their part; "" for none."""
    services = request.config_dict
    if allow(by, Permission.SIGN_POLICY) and await services[POLICIES].proposed() is not None:
        return "policy"
    if not allow(by, Permission.HOLD_APPROVAL_KEY):
        return ""
    keys = await services[PEOPLE].keys(by, holder=by.id)
    mine = [one for one in keys if (one.use, one.state) == (KeyUse.APPROVE, KeyState.ACTIVE)]
    if not mine:
        return "missing"
    policy = await services[POLICIES].current()
    return "" if policy and any(policy.policy.key(one.id) for one in mine) else "waits"
