"""The same attacks at the last door, without a network: quick enough for every run of the tests."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from backports import zstd

from content.errors import PeerError
from content.feed.body import body_bytes
from content.feed.entry import (
    MAX_BODY,
    Entry,
    LogLine,
    Packing,
    head_to_bytes,
    line_from_bytes,
    pack,
)
from content.feed.policy import FeedRule, SignedPolicy, TrustRoot
from content.feed.statement import Action, Statement
from content.feed.verify import Refused
from content.programme.emergency import EmergencyNotice, Level
from content.replica.reader import ReplicaReader
from content.replica.witness import place_bytes
from content.replica.writer import ReplicaWriter
from tests.support.signers import FEED, Signer, ZoneKeys, document

pytestmark = pytest.mark.hostile
LIE = "X000000001"


@dataclass
class Door:
    """A replica with one good document, two people needed, and a thief with the log key."""

    keys: ZoneKeys
    path: Path
    writer: ReplicaWriter

    def entry(self, *signers: Signer, **fields: object) -> Entry:
        """Return a lie that these people signed."""
        made = self.keys.entry(document(LIE), **fields)  # type: ignore[arg-type]
        data = made.statement.signed_bytes()
        return replace(made, approvals=tuple(one.sign(data) for one in signers))

    def link(self, entry: Entry, **fields: object) -> LogLine:
        return self.keys.link(entry, after=self.keys.lines[-1].link, **fields)  # type: ignore[arg-type]

    @property
    def two(self) -> tuple[Signer, Signer]:
        return self.keys.approver, self.keys.second

    def glass(self) -> set[str]:
        with closing(ReplicaReader(self.path, self.keys.trust_root)) as reader:
            kinds = ("document", "item", "programme", "emergency")
            found = [one for kind in kinds for one in reader.newest(kind, limit=99)]
        return {one.record.id for one in found}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    keys, path = ZoneKeys(threshold=2), tmp_path / "replica.db"
    group = (keys.approver.key_id, keys.second.key_id)
    keys.rules = (FeedRule("emergency/*", group, 2, (keys.log.key_id,), ("emergency",)),)
    keys.append(keys.entry(document(), keys.approver, keys.second))
    with closing(ReplicaWriter(path, keys.trust_root)) as writer:
        writer.accept_policy(keys.policy(version=2).to_bytes())
        writer.apply(FEED, keys.lines, now=1)
        yield Door(keys, path, writer)


def _swapped_body(door: Door) -> LogLine:
    honest = door.keys.entry(document(LIE), *door.two)
    packing, packed = pack(body_bytes(document(LIE, text="另一段话。")))
    return door.link(replace(honest, packing=packing, packed=packed))


def _signed(door: Door, size: int, packed: bytes) -> LogLine:
    said = Statement(FEED, LIE, 1, Action.PUT, "ab" * 32, size, "u-drafter", 1)
    approvals = tuple(one.sign(said.signed_bytes()) for one in door.two)
    return door.link(Entry(said, approvals, Packing.ZSTD, packed))


def _emergency(door: Door) -> LogLine:
    notice = EmergencyNotice(LIE, "红色预警", "内容", "", "县", Level.RED)
    return door.link(door.keys.entry(notice, *door.two))


def _drafted_by_the_second(door: Door) -> LogLine:
    return door.link(door.entry(*door.two, drafter="u-second"))


ATTACKS: dict[str, Callable[[Door], LogLine]] = {
    "unsigned": lambda door: door.link(door.entry()),
    "below the threshold": lambda door: door.link(door.entry(door.keys.approver)),
    "same signature twice": lambda door: door.link(door.entry(*[door.keys.approver] * 2)),
    "same person, two keys": lambda door: door.link(
        door.entry(door.keys.approver, Signer("u-approver"))
    ),
    "unknown keys": lambda door: door.link(door.entry(Signer("a"), Signer("b"))),
    "log key as approver": lambda door: door.link(door.entry(door.keys.approver, door.keys.log)),
    "root key as approver": lambda door: door.link(door.entry(door.keys.root, door.keys.approver)),
    "drafter as the second": lambda door: door.link(
        door.entry(door.keys.drafter, door.keys.second)
    ),
    "second who drafted": _drafted_by_the_second,
    "text changed after approval": _swapped_body,
    "stranger's link": lambda door: door.link(door.entry(*door.two), by=Signer("x")),
    "link unsigned": lambda door: replace(door.link(door.entry(*door.two)), log_signature=b""),
    "forked chain": lambda door: replace(
        door.link(door.entry(*door.two)),
        link=replace(door.link(door.entry(*door.two)).link, previous="ab" * 32),
    ),
    "sequence left out": lambda door: door.keys.link(
        door.entry(*door.two), after=door.link(door.entry(*door.two)).link
    ),
    "replayed line": lambda door: door.keys.lines[0],
    "old version again": lambda door: door.link(door.keys.lines[0].entry),
    "another feed's line": lambda door: door.link(door.entry(*door.two, feed="gov/440000")),
    "feed without a rule": lambda door: door.link(door.entry(*door.two, feed="news/519900")),
    "oversize": lambda door: _signed(door, MAX_BODY + 1, zstd.compress(bytes(MAX_BODY + 1))),
    "bomb": lambda door: _signed(door, 1000, zstd.compress(bytes(64 * 1024 * 1024))),
    "not compressed at all": lambda door: _signed(door, 1000, b"\x00" * 1000),
    "emergency by document approvers": _emergency,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_of_it_is_applied(door: Door, name: str) -> None:
    before = door.glass()

    with pytest.raises(PeerError):
        door.writer.apply(FEED, [ATTACKS[name](door)], now=2)

    assert door.glass() == before == {"D000000001"}


def test_an_approved_line_in_the_place_of_the_one_that_a_head_promised_is_evidence(
    door: Door,
) -> None:
    """A zone that took a thief's line back goes on, and its staff hear that the log key signed both."""
    promised = door.link(door.entry(Signer("u-nobody"), *door.two[:1]))
    head = door.keys.head(of=(door.keys.lines[0], promised))
    door.writer.note_head(head, now=2)
    with pytest.raises(Refused):
        door.writer.apply(FEED, [promised], now=2)
    assert door.writer.witness.contradictions() == ()
    rival = door.link(door.keys.entry(document("D000000002"), *door.two))

    door.writer.apply(FEED, [rival], now=3)

    assert door.glass() == {"D000000001", "D000000002"}
    (kept,) = door.writer.witness.contradictions()
    assert kept.ours == head_to_bytes(head)
    assert kept.theirs == place_bytes(rival)


POLICIES: dict[str, Callable[[ZoneKeys], SignedPolicy]] = {
    "unsigned": lambda keys: replace(keys.policy(version=3), approvals=()),
    "signed by the log key": lambda keys: _resigned(keys, keys.log),
    "signed by an approver": lambda keys: _resigned(keys, keys.approver),
    "older": lambda keys: keys.policy(version=1),
    "changed after signing": lambda keys: replace(
        keys.policy(version=3), policy=replace(keys.policy(version=3).policy, version=4)
    ),
    "with a chain of nothing": lambda keys: replace(keys.policy(version=3), chain=(b"", b"")),
}


def _resigned(keys: ZoneKeys, signer: Signer) -> SignedPolicy:
    policy = keys.policy(version=3).policy
    return SignedPolicy(policy, (signer.sign(policy.signed_bytes()),))


@pytest.mark.parametrize("name", POLICIES)
def test_no_such_policy_is_accepted(door: Door, name: str) -> None:
    with pytest.raises(PeerError):
        door.writer.accept_policy(POLICIES[name](door.keys).to_bytes())

    assert door.writer.policy_version() == 2
    assert door.glass() == {"D000000001"}


def test_a_reader_with_another_root_shows_nothing(door: Door) -> None:
    with closing(ReplicaReader(door.path, TrustRoot((Signer("x").public.hex(),)))) as reader:
        assert reader.newest("document", limit=9) == ()


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x97" * 9000, b"\xdd\xff\xff\xff\xff"])
def test_garbage_is_no_line(data: bytes) -> None:
    with pytest.raises(PeerError):
        line_from_bytes(data)
