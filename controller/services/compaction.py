"""Compact a feed's log: what is in force, in chunks that new terminals and those far behind fetch instead.

The log itself stays as it is. A snapshot is made when the log since the last one has grown past 30 % of it; the
dictionary that single bodies are packed with is trained in passing, rarely.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from content.canonical import sha256_hex
from content.errors import ZoneError
from content.feed.entry import Entry
from content.feed.kept import kept_from_bytes
from content.feed.merkle import leaf
from content.feed.packing import train
from content.feed.snapshot import (
    Alone,
    ChunkName,
    Group,
    Manifest,
    Piece,
    bucket,
    chunk_count,
    chunk_to_bytes,
    groups_to_bytes,
    manifest_from_bytes,
    manifest_to_bytes,
)
from controller.services.events import (
    Event,
    EventBus,
    Overflowed,
    Published,
    TerminalChanged,
)
from controller.services.folding import BlobFolder
from controller.store import feeds as store
from controller.store import log as log_store
from controller.store.database import Database
from controller.store.feeds import DictionaryRow, SnapshotRow
from devices.clock import Clock

T = TypeVar("T")

logger = logging.getLogger(__name__)

SHARE = 0.3
"""Of the snapshot's bytes; so much log since then, and the snapshot is made anew (wire.md 6)."""
LEAST_BYTES = 256 * 1024
"""A log below this needs no snapshot."""
DAY_S = 24 * 3600.0
BLOCK = 500
"""Rows read at once."""
LEAST_TO_LEARN = 300
MOST_TO_LEARN = 6000
GROWN = 10
"""A dictionary is trained anew when there are so many times the records that it was trained on."""
KEPT_SNAPSHOTS = 2
"""A terminal that is fetching the one before can finish."""


@dataclass(slots=True)
class _Survey:
    """What the first reading of a feed finds: sizes, batches, places."""

    raw: int = 0
    groups: dict[int, tuple[Alone, int]] = field(default_factory=dict)
    present: dict[int, set[int]] = field(default_factory=dict)

    def note(self, entry: Entry, sequence: int) -> None:
        self.raw += entry.statement.size
        if entry.proof is not None:
            first = sequence - entry.proof.index
            self.groups.setdefault(first, (_said(entry), entry.proof.count))
            self.present.setdefault(first, set()).add(entry.proof.index)


class Compaction:
    """Makes snapshots and dictionaries of feeds."""

    def __init__(
        self, *, database: Database, blobs: BlobFolder, events: EventBus, clock: Clock
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._events = events
        self._clock = clock

    async def run(self) -> None:
        """Compact what is due, now and after each publication, and scrub daily, until cancelled."""
        async with self._events.subscribe(but=(TerminalChanged,)) as events:
            await self._scrub_all()
            await self._look(await self._feeds())
            due = self._clock.monotonic() + DAY_S
            while True:
                try:
                    async with asyncio.timeout(max(0.0, due - self._clock.monotonic())):
                        event: Event = await anext(events)
                except TimeoutError:
                    due = self._clock.monotonic() + DAY_S
                    await self._scrub_all()
                else:
                    await self._heard(event)

    async def _heard(self, event: Event) -> None:
        match event:
            case Published(feed=feed):
                await self._look((feed,))
            case Overflowed():
                await self._look(await self._feeds())
            case _:
                pass  # nothing of it enters a log

    async def is_due(self, feed: str) -> bool:
        """Say whether the log since the last snapshot has grown too long."""
        async with self._database.read() as c:
            last = await store.newest_snapshot(c, feed)
            grown = await store.log_bytes(c, feed, after=last.sequence if last else 0)
        return grown > (SHARE * last.size if last else LEAST_BYTES)

    async def compact(self, feed: str) -> SnapshotRow | None:
        """Make a snapshot of a feed as it is now; None if there is nothing new to compact."""
        async with self._database.read() as c:
            reached = await log_store.last_line(c, feed)
            last = await store.newest_snapshot(c, feed)
            if reached is None or (last is not None and last.sequence == reached[0]):
                return None
        manifest, sample = await self._build(feed, reached)
        row = await self._keep(manifest)
        await self._learn(feed, sample, records=manifest.records)
        return row

    async def scrub(self, feed: str) -> int:
        """Look at every blob of the newest snapshot; make it again if some are gone or changed. Return how many were.

        The log is what counts and stays as it is: equal content gives equal blobs, under the names that heads say.
        """
        async with self._database.read() as c:
            row = await store.newest_snapshot(c, feed)
        if row is None:
            return 0
        bad = await asyncio.to_thread(self._bad, row.manifest)
        if bad:
            manifest, _ = await self._build(feed, (row.sequence, row.link))
            await asyncio.to_thread(self._blobs.write, manifest_to_bytes(manifest))
            logger.warning("snapshot made again", extra={"feed": feed, "blobs": bad})
        return bad

    def _bad(self, manifest: str) -> int:
        names = (manifest, *self._names(manifest))
        bad = sum(not self._blobs.read(name) for name in names)
        # Without its manifest nobody knows how many others are bad: all are made again.
        return bad if self._blobs.read(manifest) else max(bad, 1)

    async def _build(self, feed: str, reached: tuple[int, str]) -> tuple[Manifest, list[bytes]]:
        """Write all blobs of a snapshot but the manifest; return that, and bodies to learn from."""
        async with self._database.read() as c:
            places = await store.newest_places(c, feed, until=reached[0])
        survey = _Survey()
        sample: list[bytes] = []
        async for entry, sequence in self._entries(feed, [place for _, place in places]):
            survey.note(entry, sequence)
        numbers = {first: at for at, first in enumerate(survey.groups)}
        names = []
        step = max(1, len(places) // MOST_TO_LEARN)
        for part in _buckets(places, chunk_count(survey.raw)):
            pieces = [_piece(*one, numbers) async for one in self._entries(feed, part)]
            sample += [piece.body for piece in pieces[::step] if piece.body]
            names.append(await self._write(chunk_to_bytes, pieces, records=len(pieces)))
        groups = await self._write(groups_to_bytes, await self._groups(feed, survey), records=0)
        return Manifest(feed, *reached, tuple(names), groups), sample

    async def _look(self, feeds: Iterable[str]) -> None:
        for feed in feeds:
            try:
                if await self.is_due(feed):
                    row = await self.compact(feed)
                    logger.info(
                        "feed compacted",
                        extra={"feed": feed, "bytes": row.size if row else 0},
                    )
            except (ZoneError, SQLAlchemyError, OSError):
                logger.exception("feed not compacted", extra={"feed": feed})

    async def _scrub_all(self) -> None:
        for feed in await self._feeds():
            try:
                await self.scrub(feed)
            except (ZoneError, SQLAlchemyError, OSError):
                logger.exception("snapshot not looked at", extra={"feed": feed})

    async def _feeds(self) -> tuple[str, ...]:
        async with self._database.read() as c:
            return await log_store.feeds(c)

    async def _entries(self, feed: str, places: list[int]) -> AsyncIterator[tuple[Entry, int]]:
        for at in range(0, len(places), BLOCK):
            async with self._database.read() as c:
                rows = await store.rows_at(c, feed, tuple(places[at : at + BLOCK]))
            for row in rows:
                yield kept_from_bytes(row.line), row.sequence

    async def _groups(self, feed: str, survey: _Survey) -> list[Group]:
        groups = []
        for first, (said, count) in survey.groups.items():
            gone = [first + at for at in range(count) if at not in survey.present[first]]
            absent = [
                (sequence - first, leaf(entry.statement.signed_bytes()))
                async for entry, sequence in self._entries(feed, gone)
            ]
            groups.append(Group(first, count, said, tuple(sorted(absent))))
        return groups

    async def _write(
        self, make: Callable[[Sequence[T]], tuple[bytes, int]], what: Sequence[T], *, records: int
    ) -> ChunkName:
        data, raw = await asyncio.to_thread(make, what)
        await asyncio.to_thread(self._blobs.write, data)
        return ChunkName(sha256_hex(data), len(data), raw, records)

    async def _keep(self, manifest: Manifest) -> SnapshotRow:
        name = await asyncio.to_thread(self._blobs.write, manifest_to_bytes(manifest))
        row = SnapshotRow(
            manifest.feed, manifest.sequence, manifest.link, name, manifest.size, self._now()
        )
        async with self._database.write() as c:
            await store.add_snapshot(c, row)
            old = await store.drop_old_snapshots(c, manifest.feed, keep=KEPT_SNAPSHOTS)
            used = await store.all_manifests(c)
        await asyncio.to_thread(self._sweep, old, used)
        return row

    def _sweep(self, old: tuple[str, ...], used: tuple[str, ...]) -> None:
        kept = set(used) | {name for one in used for name in self._names(one)}
        for manifest in old:
            for name in (*self._names(manifest), manifest):
                if name not in kept:
                    self._blobs.remove(name)

    def _names(self, manifest: str) -> tuple[str, ...]:
        data = self._blobs.read(manifest)
        return tuple(one.sha256 for one in manifest_from_bytes(data).blobs) if data else ()

    async def _learn(self, feed: str, sample: list[bytes], *, records: int) -> None:
        async with self._database.read() as c:
            known = await store.newest_dictionary(c, feed)
        if records < LEAST_TO_LEARN or (known is not None and records < GROWN * known.records):
            return
        learned = await asyncio.to_thread(train, sample)
        if not learned:
            return
        name = await asyncio.to_thread(self._blobs.write, learned)
        if known is not None and known.sha256 == name:
            return
        async with self._database.write() as c:
            await store.add_dictionary(c, DictionaryRow(feed, name, self._now(), records))

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _buckets(places: tuple[tuple[str, int], ...], count: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(count)]
    for record, place in places:
        found[bucket(record, count)].append(place)
    return [one for one in found if one]


def _said(entry: Entry) -> Alone:
    said = entry.statement
    return Alone(said.drafter, said.approved_on, said.expires, entry.approvals)


def _piece(entry: Entry, sequence: int, numbers: dict[int, int]) -> Piece:
    said, proof = entry.statement, entry.proof
    return Piece(
        record=said.record,
        version=said.version,
        sequence=sequence,
        body=entry.body(),
        group=numbers[sequence - proof.index] if proof is not None else -1,
        alone=None if proof is not None else _said(entry),
    )
