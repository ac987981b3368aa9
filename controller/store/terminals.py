"""Terminals as the controller knows them: enrolment, last word, and the history of faults and links."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata
from devices.wire.messages import DeviceState, Report

MOST_NAMES = 500
"""Names in one query; both databases take far more, but their planners do not like it."""


class Happening(StrEnum):
    """What is kept in a terminal's history."""

    ENROLLED = "enrolled"
    REVOKED = "revoked"
    ONLINE = "online"
    LOST = "lost"
    FAULT = "fault"
    CLEARED = "cleared"
    RENEWED = "renewed"


@dataclass(frozen=True, slots=True)
class Terminal:
    """An enrolled terminal.

    Attributes:
        id: common name of its certificate.
        site, region: place and administrative division code.
        attended: a staffed hall.
        feeds: the feeds it holds; it can neither subscribe nor fetch others.
        screens: its user interfaces, each of which must show what is desired.
        certificate: PEM; its public key checks the envelopes.
        fingerprint: SHA-256 hex of the certificate: another one of the same name is not this terminal.
        serial: hex, for the revocation list.
        enrolled_at: unix seconds.
        revoked_at: unix seconds, 0 = welcome.
    """

    id: str
    site: str
    region: str
    attended: bool
    feeds: tuple[str, ...]
    screens: tuple[str, ...]
    certificate: str
    fingerprint: str
    serial: str
    enrolled_at: int
    revoked_at: int = 0


@dataclass(frozen=True, slots=True)
class Presence:
    """What a terminal last said of its link.

    Attributes:
        state: the word of its last birth or will.
        boot, connection: of that birth (wire.md 9.2).
        since: unix seconds at which it came or went.
        past: earlier boots, newest first; what still arrives from them is late and is ignored.
        heard: unix seconds at which such a word last came, `via` which link of the controller.
    """

    state: DeviceState
    boot: str
    connection: int
    since: int
    past: tuple[str, ...] = ()
    heard: int = 0
    via: str = ""


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A terminal's last report and when it arrived (unix seconds)."""

    report: Report
    received: int


@dataclass(frozen=True, slots=True)
class KeptFault:
    """A fault with its history; `cleared` 0 = still there. Times are unix seconds of the controller."""

    device: str
    code: str
    subject: str
    text: str
    first_seen: int
    last_seen: int
    cleared: int = 0


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to a terminal."""

    device: str
    at: int
    what: Happening
    detail: str = ""


terminals = Table(
    "terminal",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("site", Text, nullable=False),
    Column("region", String(12), nullable=False),
    Column("attended", Integer, nullable=False),
    Column("feeds", Text, nullable=False),
    Column("screens", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("serial", String(40), nullable=False),
    Column("enrolled_at", Integer, nullable=False),
    Column("revoked_at", Integer, nullable=False, server_default="0"),
)

presences = Table(
    "terminal_presence",
    metadata,
    Column("device", String(40), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("boot", String(64), nullable=False),
    Column("connection", Integer, nullable=False),
    Column("since", Integer, nullable=False),
    Column("past", Text, nullable=False),
    Column("heard", Integer, nullable=False, server_default="0"),
    Column("via", String(200), nullable=False, server_default=""),
)

reports = Table(
    "terminal_report",
    metadata,
    Column("device", String(40), primary_key=True),
    Column("report", LargeBinary, nullable=False),
    Column("received", Integer, nullable=False),
)

infos = Table(
    "terminal_info",
    metadata,
    Column("device", String(40), primary_key=True),
    Column("info", LargeBinary, nullable=False),
    Column("received", Integer, nullable=False),
)

faults = Table(
    "terminal_fault",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("device", String(40), nullable=False),
    Column("code", String(80), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("text", Text, nullable=False),
    Column("first_seen", Integer, nullable=False),
    Column("last_seen", Integer, nullable=False),
    Column("cleared", Integer, nullable=False, server_default="0"),
    Index("ix_terminal_fault_device_cleared", "device", "cleared"),
)

history = Table(
    "terminal_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("device", String(40), nullable=False),
    Column("at", Integer, nullable=False),
    Column("what", String(10), nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_terminal_history_device_at", "device", "at"),
)

_TABLES_OF_A_LIFE = (presences, reports, infos)


async def keep_terminal(c: AsyncConnection, terminal: Terminal) -> None:
    """Write a terminal, replacing the one of the same id and forgetting what that one said last."""
    await c.execute(delete(terminals).where(terminals.c.id == terminal.id))
    for table in _TABLES_OF_A_LIFE:
        await c.execute(delete(table).where(table.c.device == terminal.id))
    lists = {name: _json(getattr(terminal, name)) for name in ("feeds", "screens")}
    values: dict[str, object] = {**msgspec.to_builtins(terminal), **lists}
    await c.execute(insert(terminals).values(values))


async def change_certificate(c: AsyncConnection, renewed: Terminal) -> None:
    """Write a terminal's new certificate; what it said stays."""
    await c.execute(
        update(terminals)
        .where(terminals.c.id == renewed.id)
        .values(
            certificate=renewed.certificate,
            fingerprint=renewed.fingerprint,
            serial=renewed.serial,
        )
    )


async def change_feeds(c: AsyncConnection, device: str, feeds: tuple[str, ...]) -> None:
    """Write which feeds a terminal may read."""
    values = {"feeds": _json(feeds)}
    await c.execute(update(terminals).where(terminals.c.id == device).values(values))


async def find_terminal(c: AsyncConnection, device: str) -> Terminal | None:
    """Return a terminal, revoked or not; None if it was never enrolled."""
    row = (await c.execute(select(terminals).where(terminals.c.id == device))).mappings().first()
    return _terminal(row) if row else None


async def some_terminals(c: AsyncConnection, devices: Iterable[str]) -> tuple[Terminal, ...]:
    """Return these terminals, revoked or not, as far as they were ever enrolled."""
    names, found = sorted(set(devices)), list[Terminal]()
    for at in range(0, len(names), MOST_NAMES):
        query = select(terminals).where(terminals.c.id.in_(names[at : at + MOST_NAMES]))
        found.extend(_terminal(row) for row in (await c.execute(query)).mappings())
    return tuple(found)


async def all_terminals(c: AsyncConnection) -> tuple[Terminal, ...]:
    """Return every terminal that is not revoked, by site and id."""
    query = (
        select(terminals)
        .where(terminals.c.revoked_at == 0)
        .order_by(terminals.c.site, terminals.c.id)
    )
    return tuple(_terminal(row) for row in (await c.execute(query)).mappings())


async def enrolment_mark(c: AsyncConnection) -> str:
    """Return a word that changes when a terminal is enrolled, replaced or revoked, by any process."""
    query = select(terminals.c.serial, terminals.c.revoked_at).order_by(terminals.c.id)
    return " ".join(f"{row.serial}:{row.revoked_at}" for row in await c.execute(query))


async def revoke_terminal(c: AsyncConnection, device: str, *, now: int) -> None:
    """Mark a terminal as no longer welcome."""
    await c.execute(update(terminals).where(terminals.c.id == device).values(revoked_at=now))


async def cleared_faults(c: AsyncConnection, device: str, *, limit: int) -> tuple[KeptFault, ...]:
    """Return what was wrong and is so no more, the last cleared first."""
    query = (
        select(faults)
        .where(faults.c.device == device, faults.c.cleared > 0)
        .order_by(faults.c.cleared.desc(), faults.c.id.desc())
        .limit(limit)
    )
    return tuple(_fault(row) for row in (await c.execute(query)).mappings())


async def faults_of_codes(
    c: AsyncConnection, codes: Iterable[str], *, limit: int
) -> tuple[KeptFault, ...]:
    """Return faults of these codes from all terminals, over or not, the newest first."""
    query = (
        select(faults)
        .where(faults.c.code.in_(tuple(codes)))
        .order_by(faults.c.first_seen.desc(), faults.c.id.desc())
        .limit(limit)
    )
    return tuple(_fault(row) for row in (await c.execute(query)).mappings())


async def add_history(c: AsyncConnection, line: HistoryLine) -> None:
    """Write one thing that happened to a terminal."""
    await c.execute(
        insert(history).values(
            device=line.device, at=line.at, what=str(line.what), detail=line.detail
        )
    )


async def history_of(c: AsyncConnection, device: str, *, limit: int) -> tuple[HistoryLine, ...]:
    """Return what happened to a terminal, the newest first."""
    query = (
        select(history)
        .where(history.c.device == device)
        .order_by(history.c.at.desc(), history.c.id.desc())
        .limit(limit)
    )
    rows = (await c.execute(query)).all()
    return tuple(HistoryLine(row.device, row.at, Happening(row.what), row.detail) for row in rows)


def _terminal(row: RowMapping) -> Terminal:
    lists = {name: _strings(row[name]) for name in ("feeds", "screens")}
    return Terminal(**{**row, **lists, "attended": bool(row["attended"])})


def _fault(row: RowMapping) -> KeptFault:
    return KeptFault(**{name: value for name, value in row.items() if name != "id"})


def _json(values: tuple[str, ...]) -> str:
    return msgspec.json.encode(values).decode()


def _strings(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])
