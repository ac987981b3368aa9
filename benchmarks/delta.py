"""Bytes to a terminal for 1 and for 100 edited items of 100,000, and for the snapshot, beside TUF and whole JSON.

    python -m benchmarks.delta [--items 100000] [--signers 1]

Drives the product: the controller's log packs and signs, its compaction makes the snapshot, its push speaks through a
real mosquitto, a real replica verifies, unpacks and applies what came out there, and what it then holds is compared
with what was published. Bytes of an edit are all that mosquitto sent to one subscriber for it, counted at the socket
within TLS (benchmarks.counted_wire): line or batch with every signature, its signed head, topics and MQTT's framing.
`apart_bytes` is what the same line and head are as two messages, as they go while a terminal reads no other form.

The items come in as a county's catalogue does, approved in batches of 4,096, and so do the hundred edits; the single
edit is approved alone. An edit puts a real clause into a paragraph and changes a telephone number.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
from backports import zstd

from benchmarks import county_texts
from benchmarks.counted_wire import HAS_MOSQUITTO, CountedWire, counted_wire
from benchmarks.tuf_items import TufItems
from content.canonical import sha256_hex
from content.disclosure.record import DisclosureRecord
from content.feed.batch import MOST, line_or_batch
from content.feed.body import body_bytes
from content.feed.entry import LogLine, approval_fields, head_from_bytes, head_to_bytes
from content.feed.merkle import leaf
from content.feed.opening import OpenedSnapshot
from content.feed.snapshot import (
    ChunkName,
    Group,
    Manifest,
    chunk_from_bytes,
    chunk_to_bytes,
    groups_from_bytes,
    groups_to_bytes,
    manifest_from_bytes,
)
from content.feed.together import apart
from content.feed.verify import check_entry
from content.replica.reader import ReplicaReader
from content.replica.writer import open_writer
from controller.services.folding import BlobFolder
from devices.clock import SystemClock
from devices.wire import topics
from tests.support.county_feed import CountyFeed, county_feed
from tests.support.signers import FEED

EDITED = 101
LIMITS = {"one_item_bytes": 600, "hundred_items_bytes": 8 * 1024, "snapshot_ratio": 1.05}


@dataclass(frozen=True)
class Sent:
    """What went to a terminal for one publication.

    Attributes:
        counted: bytes that mosquitto sent for it.
        messages: in how many messages.
        line, head: their bytes as packets of their own.
        signer: bytes of one approval.
    """

    counted: int
    messages: int
    line: int
    head: int
    signer: int


class Delta:
    """The measurement over one county."""

    def __init__(self, county: CountyFeed, wire: CountedWire, folder: Path, *, items: int) -> None:
        self._county = county
        self._wire = wire
        self._items = items
        self._blobs = BlobFolder(county.blobs)
        self._replica = folder / "replica.db"
        self._digests: dict[str, str] = {}
        self._chosen: list[DisclosureRecord] = []

    async def fill(self) -> int:
        """Publish all items in batches; return the bytes that zstd-9 makes of the same JSON."""
        bodies: list[tuple[str, bytes]] = []
        step = max(1, self._items // EDITED)
        for part in _batches(county_texts.records(self._items)):
            await self._county.publish_batch(part)
            bodies += [(record.id, body_bytes(record)) for record in part]
            say(f"published {len(bodies)}")
        self._digests = {record: sha256_hex(body) for record, body in bodies}
        wanted = {record for record, _ in bodies[::step][:EDITED]}
        self._chosen = [one for one in county_texts.records(self._items) if one.id in wanted]
        bodies.sort()
        return len(zstd.compress(b"\n".join(body for _, body in bodies), 9))

    async def snapshot(self) -> tuple[Manifest, int]:
        """Compact, and verify every record of what came out; return the manifest and all bytes to fetch."""
        row = await self._county.compaction.compact(FEED)
        assert row is not None
        data = self._blobs.read(row.manifest)
        manifest = manifest_from_bytes(data)
        policy = self._county.keys.policy().policy
        found = {}
        for _, entry in OpenedSnapshot(manifest, self._read).entries():
            found[entry.statement.record] = sha256_hex(check_entry(entry, policy=policy))
        assert found == self._digests, "the snapshot holds something else than was published"
        head = packet(topics.head(FEED), head_to_bytes(await self._county.head()))
        return manifest, manifest.size + len(data) + head

    def install(self, manifest: Manifest) -> None:
        """Make a terminal that holds the items that will be edited, and stands where the snapshot reaches."""
        blobs: dict[str, bytes] = {}
        sample = self._sample(manifest, blobs)
        with closing(open_writer(self._replica, self._county.keys.trust_root)) as writer:
            writer.accept_policy(self._county.keys.policy().to_bytes())
            writer.rebuild(FEED, (), now=1, snapshot=(sample, lambda name: blobs[name.sha256]))

    async def edit_one(self) -> Sent:
        """Correct one item, approved alone."""
        record = county_texts.edited(self._chosen[0], county_texts.clauses(EDITED)[0], 1)
        await self._county.publish(record, version=2)
        return await self._deliver([record])

    async def edit_hundred(self) -> Sent:
        """Correct a hundred items, approved together."""
        clauses = county_texts.clauses(EDITED)
        records = [
            county_texts.edited(one, clauses[at], at)
            for at, one in enumerate(self._chosen[1:], start=1)
        ]
        await self._county.publish_batch(records, version=2)
        return await self._deliver(records)

    @property
    def chosen(self) -> list[DisclosureRecord]:
        """The items that are edited."""
        return self._chosen

    def digests(self) -> dict[str, str]:
        """Every item's hash."""
        return self._digests

    async def _deliver(self, expected: Sequence[DisclosureRecord]) -> Sent:
        with closing(open_writer(self._replica, self._county.keys.trust_root)) as writer:
            last, _ = (await self._county.log.sequences())[FEED]
            heard = await self._wire.published(FEED, last)
            ((topic, message),) = heard.messages
            assert topic == topics.log(FEED)
            parted = apart(message)
            data, head = parted.line, head_from_bytes(parted.head)
            writer.apply(FEED, [line_or_batch(data)], now=1)
            writer.note_head(head, now=1)
        with closing(ReplicaReader(self._replica, self._county.keys.trust_root)) as reader:
            for record in expected:
                assert reader.get(record.id).record == record, "the terminal holds something else"
        line = line_or_batch(data)
        approvals = line.entry.approvals if isinstance(line, LogLine) else line.approvals
        return Sent(
            heard.size,
            len(heard.messages),
            packet(topics.log(FEED), data),
            packet(topics.head(FEED), head_to_bytes(head)),
            len(msgspec.msgpack.encode(approval_fields(approvals[:1]))) - 1,
        )

    def _sample(self, manifest: Manifest, blobs: dict[str, bytes]) -> Manifest:
        """Return a snapshot of the chosen items alone; of the others the batches keep their leaves."""
        chosen = {one.id for one in self._chosen}
        groups = groups_from_bytes(self._read(manifest.groups), raw=manifest.groups.raw)
        absent: list[list[tuple[int, bytes]]] = [[] for _ in groups]
        kept = []
        opened = OpenedSnapshot(manifest, self._read)
        hashes = {
            entry.statement.record: leaf(entry.statement.signed_bytes())
            for _, entry in opened.entries()
        }
        for name in manifest.chunks:
            for piece in chunk_from_bytes(self._read(name), raw=name.raw):
                if piece.record in chosen:
                    kept.append(piece)
                else:
                    at = piece.sequence - groups[piece.group].first
                    absent[piece.group].append((at, hashes[piece.record]))
        fewer = [
            Group(one.first, one.count, one.said, tuple(sorted(gone)))
            for one, gone in zip(groups, absent, strict=True)
        ]
        chunk = _keep(blobs, *chunk_to_bytes(kept), records=len(kept))
        told = _keep(blobs, *groups_to_bytes(fewer), records=0)
        return Manifest(FEED, manifest.sequence, manifest.link, (chunk,), told)

    def _read(self, name: ChunkName) -> bytes:
        return self._blobs.read(name.sha256)


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Run everything; return the figures."""
    for name in ("county", "wire"):
        (folder / name).mkdir()
    clock = SystemClock()
    async with (
        county_feed(folder / "county", clock=clock, threshold=options.signers) as county,
        counted_wire(
            folder / "wire", FEED, feeds=county.log, database=county.database, clock=clock
        ) as wire,
    ):
        delta = Delta(county, wire, folder, items=options.items)
        begun = time.monotonic()
        whole = await delta.fill()
        filled = time.monotonic()
        manifest, size = await delta.snapshot()
        compacted = time.monotonic()
        delta.install(manifest)
        one = await delta.edit_one()
        hundred = await delta.edit_hundred()
    bodies = [body_bytes(record) for record in delta.chosen]
    tuf = TufItems(delta.digests(), signers=options.signers)
    return {
        "items": options.items,
        "signers": options.signers,
        "one_item_bytes": one.counted,
        "one_item_messages": one.messages,
        "one_item_apart_bytes": one.line + one.head,
        "one_item_line_bytes": one.line,
        "hundred_items_bytes": hundred.counted,
        "hundred_items_apart_bytes": hundred.line + hundred.head,
        "hundred_items_line_bytes": hundred.line,
        "head_bytes": one.head,
        "each_further_signer_bytes": one.signer,
        "one_item_two_signers_bytes": one.counted + (2 - options.signers) * one.signer,
        "snapshot_bytes": size,
        "snapshot_chunks": len(manifest.chunks),
        "zstd9_bytes": whole,
        "snapshot_ratio": round(size / whole, 4),
        "whole_json_one": len(bodies[0]),
        "whole_json_hundred": sum(map(len, bodies[1:])),
        "whole_json_zstd_one": len(zstd.compress(bodies[0], 19)),
        "whole_json_zstd_hundred": len(zstd.compress(b"\n".join(bodies[1:]), 19)),
        "tuf_one": tuf.change([delta.chosen[0].id], bodies[:1]),
        "tuf_hundred": tuf.change([one.id for one in delta.chosen[1:]], bodies[1:]),
        "fill_s": round(filled - begun, 1),
        "snapshot_s": round(compacted - filled, 1),
        "limits": LIMITS,
    }


def packet(topic: str, payload: bytes) -> int:
    """Return the bytes of an MQTT 3.1.1 PUBLISH at QoS 1 (section 3.3)."""
    rest = 2 + len(topic.encode()) + 2 + len(payload)
    return 1 + max(1, -(-rest.bit_length() // 7)) + rest


def say(text: str) -> None:
    """Tell who waits how far it is."""
    sys.stderr.write(text + "\n")


def main() -> int:
    """Measure and print; 1 if a limit is broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--signers", type=int, default=1, choices=(1, 2))
    options = parser.parse_args()
    if not county_texts.TEXTS.is_dir():
        print(json.dumps({"skipped": f"no texts at {county_texts.TEXTS}"}))
        return 0
    if not HAS_MOSQUITTO:
        print(json.dumps({"skipped": "mosquitto is not installed"}))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(options, Path(folder)))
    print(json.dumps(figures))
    kept = all(float(str(figures[key])) <= most for key, most in LIMITS.items())
    return 0 if kept else 1


def _batches(records: Iterator[DisclosureRecord]) -> Iterator[list[DisclosureRecord]]:
    part: list[DisclosureRecord] = []
    for record in records:
        part.append(record)
        if len(part) == MOST:
            yield part
            part = []
    if part:
        yield part


def _keep(blobs: dict[str, bytes], data: bytes, raw: int, *, records: int) -> ChunkName:
    blobs[sha256_hex(data)] = data
    return ChunkName(sha256_hex(data), len(data), raw, records)


if __name__ == "__main__":
    sys.exit(main())
