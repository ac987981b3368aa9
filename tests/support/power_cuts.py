"""Kill a process with SIGKILL while it applies content to a real replica, and look at what is left, many times.

    python -m tests.support.power_cuts --kills 1000

Each round a child begins one kind of apply on a copy of the file as it was and is killed at a random moment, half of
the time again on what the kill before left. What is found must be the old or the new content, whole: every record
verified, text and search index in agreement; and the apply, done again, must lead to the new content.
"""

import argparse
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import apsw

from content.canonical import sha256_hex
from content.disclosure.record import DisclosureRecord
from content.feed.batch import Batch, BatchSaid, batch_hash, pack_bodies, statements_of, to_sign
from content.feed.body import Record, body_bytes, read_body
from content.feed.chain import Head, Link
from content.feed.entry import Entry, SignedHead
from content.feed.kept import kept_from_bytes
from content.feed.packing import pack_patch
from content.feed.snapshot import (
    Alone,
    ChunkName,
    Manifest,
    Piece,
    chunk_to_bytes,
    groups_to_bytes,
    manifest_to_bytes,
)
from content.replica import indexing
from content.replica.reader import ReplicaReader
from content.replica.writer import ReplicaWriter, open_writer
from content.search.learned import Learned
from controller.learning.model import ModelMaker, Passage
from tests.support.signers import FEED, ZoneKeys, document

RECORDS = 24
NOW = 1_790_000_500
SLACK = 1.15
"""Kills fall into so much of the time that an apply takes: a few come after it."""

Apply = Callable[[ReplicaWriter], None]
Content = dict[str, DisclosureRecord]


@dataclass(frozen=True)
class Step:
    """One kind of apply: from what, how, to what."""

    name: str
    old: Content
    new: Content
    apply: Apply


def main(arguments: Sequence[str]) -> int:
    """Run so many kills; print what was found as JSON on the last line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261122)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = PowerCuts(Path(folder), seed=options.seed).run(options.kills)
    sys.stdout.write(json.dumps(found) + "\n")
    return 1 if found["broken"] else 0


class PowerCuts:
    """Makes the files, kills, looks."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self._keys = ZoneKeys()
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self._origin = folder / "origin.db"
        self._work = folder / "replica.db"
        self._blobs: dict[str, bytes] = {}
        self._learned = model_of(paper(number, 1) for number in range(RECORDS))
        self._steps = tuple(self._make_steps())
        self._count: Counter[str] = Counter()
        self.broken: list[str] = []

    def run(self, kills: int) -> dict[str, object]:
        """Kill so many times."""
        lasts = {step.name: self._undisturbed(step) for step in self._steps}
        while self._count["kills"] < kills:
            step = self._steps[self._count["kills"] % len(self._steps)]
            self._fresh()
            self._round(step, lasts[step.name])
            if self._chance.random() < 0.5 and self._state(step) == "old":
                self._round(step, lasts[step.name])
            self._finish(step)
            if self._count["kills"] % 50 == 0:
                sys.stderr.write(f"{self._count['kills']} kills, {len(self.broken)} broken\n")
        return {
            "kills": self._count["kills"],
            "while_applying": self._count["while_applying"],
            "old": self._count["old"],
            "new": self._count["new"],
            "seconds": {name: round(value, 4) for name, value in lasts.items()},
            "broken": self.broken[:5],
        }

    def _round(self, step: Step, lasts: float) -> None:
        """One kill, and a look at what it left."""
        self._kill(step, self._chance.uniform(0, lasts * SLACK))
        self._count["kills"] += 1
        state = self._state(step)
        self._count[state] += 1
        if state == "broken":
            self.broken.append(f"{step.name} after kill {self._count['kills']}")

    def _kill(self, step: Step, after_s: float) -> float:
        """Let a child apply and kill it; return for how long it was let."""
        said, says = os.pipe()
        child = os.fork()
        if child == 0:
            self._be_the_child(step, says)
        os.close(says)
        begun = _wait(said, 30)
        started = time.monotonic()
        done = _wait(said, after_s)
        lasted = time.monotonic() - started
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(said)
        self._count["while_applying"] += begun == b"b" and done != b"d"
        return lasted

    def _be_the_child(self, step: Step, says: int) -> None:
        """Open the file as an agent does after a start, say that the apply begins, and that it ended."""
        try:
            os.write(says, b"b")
            writer = open_writer(self._work, self._keys.trust_root)
            writer.learn(self._learned)
            step.apply(writer)
            os.write(says, b"d")
            select.select([], [], [])
        finally:
            os._exit(1)

    def _undisturbed(self, step: Step) -> float:
        """Apply a few times without a kill before the end; return how long it takes at most."""
        times = []
        for _ in range(3):
            self._fresh()
            times.append(self._kill(step, 30))
            assert self._state(step) == "new", f"{step.name} does not do what it should"
        self._count.clear()
        return max(times)

    def _finish(self, step: Step) -> None:
        """After all the kills the same apply leads to the new content."""
        if self._state(step) == "old":
            with closing(open_writer(self._work, self._keys.trust_root)) as writer:
                writer.learn(self._learned)
                step.apply(writer)
        if self._state(step) != "new":
            self.broken.append(f"{step.name} could not be finished")

    def _fresh(self) -> None:
        for tail in ("", "-wal", "-shm"):
            self._work.with_name(self._work.name + tail).unlink(missing_ok=True)
        shutil.copyfile(self._origin, self._work)

    def _state(self, step: Step) -> str:
        with closing(open_writer(self._work, self._keys.trust_root)) as writer:
            sequence = writer.marks()[FEED][0]
        for name, content in (("old", step.old), ("new", step.new)):
            if self._is_whole(content) and (name == "new") == (sequence > RECORDS):
                return name
        return "broken"

    def _is_whole(self, content: Content) -> bool:
        with _reading(self._work, self._keys) as reader:
            held = {one.record.id: one.record for one in reader.newest("document", limit=1000)}
            if held != content or reader.tampered():
                return False
            found = {record: reader.search(one.title, limit=50) for record, one in content.items()}
        right = all(
            record in {hit.found.record.id for hit in results.hits}
            for record, results in found.items()
        )
        return right and not disagreements(self._work, learned=self._learned)

    def _make_steps(self) -> Iterator[Step]:
        keys = self._keys
        old = {one.id: one for one in (paper(number, 1) for number in range(RECORDS))}
        for one in old.values():
            keys.publish(one)
        with closing(open_writer(self._origin, keys.trust_root)) as writer:
            writer.accept_policy(keys.policy().to_bytes())
            writer.learn(self._learned)
            writer.apply(FEED, keys.lines, now=NOW)
            writer.note_head(keys.head(), now=NOW)
            writer.checkpoint()
        yield self._page(old)
        yield self._batch(old)
        yield self._snapshot(old)
        yield self._rebuild(old)
        yield self._mend(old)

    def _page(self, old: Content) -> Step:
        """Ten lines, of which some change, one is new and one takes back."""
        changed = [paper(number, 2) for number in range(8)]
        entries = [self._patched(one, old[one.id]) for one in changed]
        entries.append(self._keys.entry(paper(900, 1)))
        entries.append(self._keys.deletion(paper(9, 1).id, version=2))
        last, lines = self._keys.lines[-1].link, []
        for entry in entries:
            lines.append(self._keys.link(entry, after=last))
            last = lines[-1].link
        new = old | {one.id: one for one in (*changed, paper(900, 1))}
        del new[paper(9, 1).id]
        return Step("page", old, new, lambda writer: _discard(writer.apply(FEED, lines, now=NOW)))

    def _patched(self, record: DisclosureRecord, before: DisclosureRecord) -> Entry:
        entry = self._keys.entry(record, version=2)
        packed = pack_patch(body_bytes(record), body_bytes(before))
        return replace(entry, packing=packed.packing, packed=packed.data, base=packed.base)

    def _batch(self, old: Content) -> Step:
        changed = [paper(number, 2) for number in range(12)]
        batch = self._signed_batch(changed, [body_bytes(old[one.id]) for one in changed])
        new = old | {one.id: one for one in changed}
        return Step(
            "batch", old, new, lambda writer: _discard(writer.apply(FEED, [batch], now=NOW))
        )

    def _signed_batch(self, records: list[DisclosureRecord], before: list[bytes]) -> Batch:
        keys, last = self._keys, self._keys.lines[-1].link
        said = BatchSaid(FEED, "u-drafter", NOW)
        named = tuple((one.id, 2) for one in records)
        bodies = [body_bytes(one) for one in records]
        statements = statements_of(said, named, bodies)
        approvals = (keys.approver.sign(to_sign(statements)),)
        first = last.sequence + 1
        hashed = batch_hash(statements, approvals)
        link = Link(FEED, last.sequence + len(records), last.hash, hashed, NOW, first)
        signature = keys.log.private.sign(link.signed_bytes())
        packed, size = pack_bodies(bodies, before)
        return Batch(link, keys.log.key_id, signature, said, approvals, named, packed, size)

    def _snapshot(self, old: Content) -> Step:
        """A snapshot in which a third is newer; the head that names it was heard before."""
        papers = [paper(number, 2 if number % 3 == 0 else 1) for number in range(RECORDS)]
        new = {one.id: one for one in papers}
        manifest = self._manifest(new, sequence=RECORDS + 50)
        head = Head(FEED, RECORDS + 50, manifest.link, NOW + 9, _name(manifest), RECORDS + 50)
        signature = self._keys.log.private.sign(head.signed_bytes())
        signed = SignedHead(head, self._keys.log.key_id, signature)

        def apply(writer: ReplicaWriter) -> None:
            writer.note_head(signed, now=NOW)
            writer.apply_snapshot(manifest, self._blob, now=NOW)

        return Step("snapshot", old, new, apply)

    def _rebuild(self, old: Content) -> Step:
        new = {record: replace_text(one, 2) for record, one in old.items()}
        manifest = self._manifest(new, sequence=RECORDS + 60)

        def apply(writer: ReplicaWriter) -> None:
            writer.rebuild(FEED, (), now=NOW, snapshot=(manifest, self._blob))

        return Step("rebuild", old, new, apply)

    def _mend(self, old: Content) -> Step:
        """A mended record, and then a batch, so that old and new can be told apart."""
        record = paper(3, 1)
        entry = self._keys.entry(record)
        batch = self._signed_batch([paper(4, 2)], [body_bytes(old[paper(4, 1).id])])

        def apply(writer: ReplicaWriter) -> None:
            writer.mend(record.id, [entry])
            writer.apply(FEED, [batch], now=NOW)

        return Step("mend", old, old | {paper(4, 2).id: paper(4, 2)}, apply)

    def _manifest(self, content: Content, *, sequence: int) -> Manifest:
        half = len(content) // 2
        pieces = [self._piece(one, at + 1) for at, one in enumerate(content.values())]
        chunks = tuple(
            self._keep(*chunk_to_bytes(part), records=len(part))
            for part in (pieces[:half], pieces[half:])
        )
        groups = self._keep(*groups_to_bytes([]), records=0)
        return Manifest(FEED, sequence, sha256_hex(b"link"), chunks, groups)

    def _piece(self, record: DisclosureRecord, sequence: int) -> Piece:
        version = 2 if record.title.endswith("乙") else 1
        entry = self._keys.entry(record, version=version)
        said = entry.statement
        alone = Alone(said.drafter, said.approved_on, said.expires, entry.approvals)
        return Piece(record.id, version, sequence, body_bytes(record), alone=alone)

    def _keep(self, data: bytes, raw: int, *, records: int) -> ChunkName:
        self._blobs[sha256_hex(data)] = data
        return ChunkName(sha256_hex(data), len(data), raw, records)

    def _blob(self, name: ChunkName) -> bytes:
        return self._blobs[name.sha256]


def paper(number: int, version: int) -> DisclosureRecord:
    """Return a document whose title nobody else has, in either of its versions."""
    letters = "".join(chr(0x4E00 + (number * 37 + at * 211) % 20000) for at in range(6))
    title = f"{letters}{'甲乙'[version - 1]}"
    return document(f"D{number:09d}", title=title, number="", text=f"{letters}正文" * 20)


def replace_text(record: DisclosureRecord, version: int) -> DisclosureRecord:
    """Return another version of the same document."""
    return paper(int(record.id[1:]), version)


def model_of(records: Iterable[DisclosureRecord]) -> Learned:
    """Return a small model learned from these, so that vectors are written with the text."""
    texts = [Passage("papers", "", one.title, one.text) for one in records]
    return ModelMaker(texts, progress=_discard).make([])


def disagreements(path: Path, *, learned: Learned | None = None) -> tuple[str, ...]:
    """Return what is wrong with a replica's file: the file itself, its index, records whose search is not their text's.

    Compared are every term at its place, every suggestion, every bag of terms, and the vectors of the model.
    """
    found = []
    with closing(apsw.Connection(str(path))) as db:
        if db.pragma("integrity_check") != "ok":
            found.append("file")
        try:
            db.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 0)")
        except apsw.Error:
            found.append("index")
        wrong = indexing.disagreements(db, _record_of, learned=learned)
    return (*found, *(record or "rows of no record" for record in wrong))


def _record_of(line: bytes) -> Record:
    return read_body(kept_from_bytes(line).body())


@contextmanager
def _reading(path: Path, keys: ZoneKeys) -> Iterator[ReplicaReader]:
    with closing(ReplicaReader(path, keys.trust_root)) as reader:
        yield reader


def _name(manifest: Manifest) -> str:
    return sha256_hex(manifest_to_bytes(manifest))


def _discard(_: object) -> None:
    return


def _wait(pipe: int, seconds: float) -> bytes:
    ready, _, _ = select.select([pipe], [], [], seconds)
    return os.read(pipe, 1) if ready else b""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
