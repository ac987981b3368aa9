"""Requests for information 依申请公开: the register, and what happened to each.

What an applicant wrote rests encrypted (controller.services.keyring): a stolen database tells nobody's name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    case,
    func,
    insert,
    not_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """A registered request.

    Attributes:
        number: 受理号.
        year, serial: of which the number is made; serials of a year have no gaps.
        code: receipt code.
        state: word of content.requests.states.
        body: the body it is addressed to.
        attended: handed in before staff (当面提交).
        terminal: where.
        sealed: what the applicant stated, encrypted.
        filed_at, registered_at, changed_at: unix seconds.
        received_on: day of receipt 收到日, None until both sides have confirmed (article 31).
        corrected_on: day on which a correction came in, from which the term runs anew (article 30).
    """

    number: str
    year: int
    serial: int
    code: str
    state: str
    body: str
    attended: bool
    terminal: str
    sealed: bytes
    filed_at: int
    registered_at: int
    changed_at: int
    received_on: date | None
    corrected_on: date | None = None


@dataclass(frozen=True, slots=True)
class RequestStep:
    """One step: who did what when, with the ground, and the due dates before and after."""

    at: int
    actor: str
    act: str
    note: str
    due_before: date | None
    due_after: date | None


requests = Table(
    "request",
    metadata,
    Column("number", String(40), primary_key=True),
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("code", String(10), nullable=False, unique=True),
    Column("state", String(32), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("attended", Boolean, nullable=False),
    Column("terminal", String(40), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("filed_at", Integer, nullable=False),
    Column("registered_at", Integer, nullable=False),
    Column("changed_at", Integer, nullable=False),
    Column("received_on", Date),
    Column("corrected_on", Date),
    UniqueConstraint("year", "serial"),
)

request_events = Table(
    "request_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(40), ForeignKey("request.number"), nullable=False, index=True),
    Column("at", Integer, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("act", String(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("due_before", Date),
    Column("due_after", Date),
)


async def next_serial(c: AsyncConnection, year: int) -> int:
    """Return the next serial of a year; call it in the transaction that uses it."""
    query = select(func.max(requests.c.serial)).where(requests.c.year == year)
    return int((await c.execute(query)).scalar_one() or 0) + 1


async def add_request(c: AsyncConnection, kept: KeptRequest) -> None:
    """Register a request."""
    values = {name: getattr(kept, name) for name in KeptRequest.__slots__}
    await c.execute(insert(requests).values(values))


async def find_request(
    c: AsyncConnection, *, number: str = "", code: str = ""
) -> KeptRequest | None:
    """Return a request by its number or its receipt code."""
    where = requests.c.number == number if number else requests.c.code == code
    row = (await c.execute(select(requests).where(where))).mappings().first()
    return _request(row) if row else None


started_on = func.coalesce(requests.c.corrected_on, requests.c.received_on)
"""The day from which the reply term counts (articles 30, 31): what is due first started first."""


async def list_requests(
    c: AsyncConnection, *, state: str, open_states: Collection[str], limit: int, offset: int
) -> tuple[KeptRequest, ...]:
    """Return requests, the most urgent first; state "" = all.

    Those whose term runs come first, the earliest started at their head; then those whose term has not begun, the
    longest waiting first; at the end those that nothing is owed to any more, the newest first.
    """
    is_open = requests.c.state.in_(open_states)
    query = select(requests).order_by(
        case((not_(is_open), 2), (started_on.is_(None), 1), else_=0),
        case((is_open, started_on)),
        case((is_open, requests.c.year), else_=-requests.c.year),
        case((is_open, requests.c.serial), else_=-requests.c.serial),
    )
    if state:
        query = query.where(requests.c.state == state)
    rows = await c.execute(query.limit(limit).offset(offset))
    return tuple(_request(row) for row in rows.mappings())


async def count_started(c: AsyncConnection, *, states: Collection[str], until: date) -> int:
    """Return how many requests in these states have a term that started on this day or before."""
    query = select(func.count()).select_from(requests)
    found = await c.execute(query.where(requests.c.state.in_(states), started_on <= until))
    return int(found.scalar_one())


async def count_requests(c: AsyncConnection) -> dict[str, int]:
    """Return how many requests stand in each state."""
    query = select(requests.c.state, func.count()).group_by(requests.c.state)
    return {row[0]: row[1] for row in await c.execute(query)}


async def move_request(c: AsyncConnection, kept: KeptRequest, *, seen: str) -> bool:
    """Keep a request's new state and days if it still is in the state that was seen."""
    done = await c.execute(
        update(requests)
        .where(requests.c.number == kept.number, requests.c.state == seen)
        .values(
            state=kept.state,
            received_on=kept.received_on,
            corrected_on=kept.corrected_on,
            changed_at=kept.changed_at,
        )
    )
    return done.rowcount == 1


async def add_request_event(c: AsyncConnection, number: str, event: RequestStep) -> None:
    """Append to a request's history."""
    values = {name: getattr(event, name) for name in RequestStep.__slots__}
    await c.execute(insert(request_events).values(number=number, **values))


async def request_history(c: AsyncConnection, number: str) -> tuple[RequestStep, ...]:
    """Return a request's history, the oldest step first."""
    table = request_events
    query = select(table).where(table.c.number == number).order_by(table.c.id)
    return tuple(
        RequestStep(**{name: row[name] for name in RequestStep.__slots__})
        for row in (await c.execute(query)).mappings()
    )


def _request(row: RowMapping) -> KeptRequest:
    return KeptRequest(**row)
