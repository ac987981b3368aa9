"""Terminals by the hundred: what many said is read and written in a few statements, whatever their number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.terminals import (
    MOST_NAMES,
    HistoryLine,
    KeptFault,
    KeptReport,
    Presence,
    faults,
    history,
    infos,
    presences,
    reports,
    terminals,
)
from devices.wire.messages import BadMessage, DeviceState, Report, from_bytes, to_bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store knows of some terminals, by id; one that is missing was never heard."""

    enrolled: frozenset[str] = frozenset()
    presences: dict[str, Presence] = field(default_factory=dict)
    reports: dict[str, KeptReport] = field(default_factory=dict)
    faults: dict[str, tuple[KeptFault, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written, in the order in which it happened.

    Attributes:
        presences, reports, infos: the last of each terminal; infos with the second of arrival.
        moved: faults that were open before: last seen, sentence and end as they are now.
        begun: faults that were not; one that went again in the same batch has its end already.
        history: lines to add.
    """

    presences: dict[str, Presence] = field(default_factory=dict)
    reports: dict[str, KeptReport] = field(default_factory=dict)
    infos: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    moved: list[KeptFault] = field(default_factory=list)
    begun: list[KeptFault] = field(default_factory=list)
    history: list[HistoryLine] = field(default_factory=list)


async def kept_of(c: AsyncConnection, devices: Iterable[str], *, reports_of: Iterable[str]) -> Kept:
    """Return what is known of these terminals; last reports only of those in `reports_of`."""
    enrolled: set[str] = set()
    found = Kept()
    for some in _pages(sorted(set(devices))):
        query = select(terminals.c.id).where(terminals.c.id.in_(some))
        enrolled.update((await c.execute(query)).scalars())
        found.presences.update(await _presences(c, presences.c.device.in_(some)))
        found.faults.update(await _open_faults(c, faults.c.device.in_(some)))
    for some in _pages(sorted(set(reports_of))):
        found.reports.update(await _reports(c, reports.c.device.in_(some)))
    return replace(found, enrolled=frozenset(enrolled))


async def _presences(c: AsyncConnection, *where: ColumnElement[bool]) -> dict[str, Presence]:
    """Return presences by device."""
    rows = await c.execute(select(presences).where(*where))
    return {
        row.device: Presence(
            DeviceState(row.state),
            row.boot,
            row.connection,
            row.since,
            msgspec.json.decode(row.past, type=tuple[str, ...]),
            row.heard,
            row.via,
        )
        for row in rows
    }


async def _reports(c: AsyncConnection, *where: ColumnElement[bool]) -> dict[str, KeptReport]:
    """Return last reports by device; one that this version cannot read is left out."""
    found: dict[str, KeptReport] = {}
    for row in await c.execute(select(reports).where(*where)):
        try:
            found[row.device] = KeptReport(from_bytes(row.report, Report), row.received)
        except BadMessage:
            continue
    return found


async def _open_faults(
    c: AsyncConnection, *where: ColumnElement[bool]
) -> dict[str, tuple[KeptFault, ...]]:
    """Return open faults by device, the oldest first."""
    query = (
        select(faults)
        .where(faults.c.cleared == 0, *where)
        .order_by(faults.c.first_seen, faults.c.id)
    )
    found: dict[str, list[KeptFault]] = {}
    for row in (await c.execute(query)).mappings():
        fields = {name: value for name, value in row.items() if name != "id"}
        found.setdefault(row["device"], []).append(KeptFault(**fields))
    return {device: tuple(ones) for device, ones in found.items()}


async def keep(c: AsyncConnection, changes: Changes) -> None:
    """Write everything, in the caller's transaction."""
    await _put(c, presences, [_presence_row(*one) for one in changes.presences.items()])
    await _put(c, reports, [_report_row(*one) for one in changes.reports.items()])
    await _put(
        c,
        infos,
        [
            {"device": device, "info": info, "received": at}
            for device, (info, at) in changes.infos.items()
        ],
    )
    await _keep_faults(c, changes)
    await _add(c, history, [msgspec.to_builtins(one) for one in changes.history])


async def _keep_faults(c: AsyncConnection, changes: Changes) -> None:
    """Move on what was open before what is begun: a fault may go and come again in one batch."""
    if changes.moved:
        here = (
            faults.c.device == bindparam("b_device"),
            faults.c.code == bindparam("b_code"),
            faults.c.subject == bindparam("b_subject"),
            faults.c.cleared == 0,
        )
        values: dict[str, BindParameter[object]] = {
            name: bindparam(f"b_{name}") for name in ("last_seen", "text", "cleared")
        }
        rows = [{f"b_{name}": value for name, value in _row(one)} for one in changes.moved]
        await c.execute(update(faults).where(*here).values(values), rows)
    await _add(c, faults, [dict(_row(one)) for one in changes.begun])


def _row(kept: KeptFault | HistoryLine) -> Iterable[tuple[str, object]]:
    fields: dict[str, object] = msgspec.to_builtins(kept)
    return fields.items()


def _presence_row(device: str, kept: Presence) -> dict[str, object]:
    return {
        "device": device,
        "state": str(kept.state),
        "boot": kept.boot,
        "connection": kept.connection,
        "since": kept.since,
        "past": msgspec.json.encode(kept.past).decode(),
        "heard": kept.heard,
        "via": kept.via,
    }


def _report_row(device: str, kept: KeptReport) -> dict[str, object]:
    return {"device": device, "report": to_bytes(kept.report), "received": kept.received}


async def _add(c: AsyncConnection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    if rows:
        await c.execute(insert(table), rows)


async def _put(c: AsyncConnection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Write rows of one a device, in the place of what is there."""
    if not rows:
        return
    insert_into = sqlite_insert if c.dialect.name == "sqlite" else postgresql_insert
    statement = insert_into(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name != "device"}
    await c.execute(statement.on_conflict_do_update(index_elements=["device"], set_=changed), rows)


def _pages(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[at : at + MOST_NAMES] for at in range(0, len(names), MOST_NAMES))
