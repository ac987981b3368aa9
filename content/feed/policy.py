"""Who may sign what: the zone's signed policy, and the root that signs the policy.

A terminal pins the root at enrolment: the keys of a browser, or a TUF root made in a ceremony
(docs/adr/0020). The policy names keys, their holders, and for each feed the approvers, how many of
them are needed, what kinds of record it carries, and the key that orders the log.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from content.canonical import Json, canonical_json
from content.errors import PeerError
from content.feed.keys import is_signed, key_id
from content.feed.statement import Approval

DOMAIN = b"zone/policy/1\n"
RESERVED_KINDS = frozenset({"emergency"})
"""Kinds that a rule must name: those whom a county trusts with documents do not thereby take over its screens."""


class PolicyRefused(PeerError):
    """The policy is not signed by enough root keys, or is older than the one held."""


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """The root that a terminal pins.

    Attributes:
        keys: raw public keys in hex that sign policies themselves.
        threshold: how many of them must.
        tuf: the first root.json of a ceremony, as text; where it is there, it alone counts.
    """

    keys: tuple[str, ...]
    threshold: int = 1
    tuf: str = ""


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """One key of the policy: raw public key in hex, and whose it is."""

    public: str
    holder: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class FeedRule:
    """The rule of the feeds that match a pattern such as "gov/*".

    Attributes:
        pattern: shell-style pattern over feed names; the first rule that matches holds.
        approvers: ids of keys whose signatures count.
        threshold: how many different holders, the drafter not among them, must have signed.
        log_keys: ids of keys that may order the log.
        kinds: the only kinds of record that these feeds carry; empty = all but the reserved ones.
    """

    pattern: str
    approvers: tuple[str, ...]
    threshold: int
    log_keys: tuple[str, ...]
    kinds: tuple[str, ...] = ()

    def carries(self, kind: str) -> bool:
        """Say whether a record of this kind may stand in these feeds."""
        return kind in self.kinds if self.kinds else kind not in RESERVED_KINDS


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole policy of a zone; versions only rise."""

    zone: str
    version: int
    keys: tuple[PolicyKey, ...]
    feeds: tuple[FeedRule, ...]

    def fields(self) -> dict[str, Json]:
        """Return what is signed; a rule without `kinds` is written as it was before there were any."""
        made: dict[str, Any] = msgspec.to_builtins(self)
        for rule in made["feeds"]:
            if not rule["kinds"]:
                del rule["kinds"]
        return made

    def signed_bytes(self) -> bytes:
        """Return exactly the bytes that root keys sign."""
        return DOMAIN + self.target_bytes()

    def target_bytes(self) -> bytes:
        """Return the bytes of the TUF target feeds.json."""
        return canonical_json(self.fields())

    def key(self, wanted: str) -> PolicyKey | None:
        """Return the key with this id, if the policy names it."""
        return self.by_id.get(wanted)

    @property
    def by_id(self) -> Mapping[str, PolicyKey]:
        """Keys by their ids."""
        return {key_id(bytes.fromhex(key.public)): key for key in self.keys}

    def rule(self, feed: str) -> FeedRule | None:
        """Return the first rule whose pattern matches the feed."""
        return next((rule for rule in self.feeds if fnmatchcase(feed, rule.pattern)), None)


@dataclass(frozen=True, slots=True)
class SignedPolicy:
    """A policy and what proves it.

    Attributes:
        policy: what it says.
        approvals: root signatures over the policy; or, with a chain, over the hand-over to it.
        chain: root.json of every version from the first, then targets.json; empty without a ceremony.
    """

    policy: Policy
    approvals: tuple[Approval, ...]
    chain: tuple[bytes, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the msgpack form for wire and disk."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "SignedPolicy":
        """Read the msgpack form.

        Raises:
            PolicyRefused: the bytes are not a policy.
        """
        try:
            return msgspec.msgpack.decode(data, type=cls)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise PolicyRefused("签名策略无法读取，终端继续使用原有策略。") from error


def check_policy(signed: SignedPolicy, *, root: TrustRoot, held: int) -> Policy:
    """Return the policy if enough root keys signed it and it is not older than the one held.

    Args:
        signed: what arrived.
        root: the pinned root.
        held: version of the policy in use, 0 for none.

    Raises:
        PolicyRefused: with the reason.
    """
    if signed.chain:
        # Inside: only zones with a ceremony pay for the library's import before a first frame.
        from content.feed.tuf_chain import check_chain

        check_chain(signed, root=root)
    elif root.tuf or not is_signed_by(root, signed.approvals, signed.policy.signed_bytes()):
        raise PolicyRefused("签名策略未经根密钥签名。")
    if signed.policy.version < held:
        raise PolicyRefused("签名策略的版本低于终端已有版本。")
    return signed.policy


def is_signed_by(root: TrustRoot, approvals: Iterable[Approval], data: bytes) -> bool:
    """Say whether enough of a root's own keys signed these bytes; the same key twice counts once."""
    publics = {key_id(bytes.fromhex(public)): bytes.fromhex(public) for public in root.keys}
    good = {
        one.key_id
        for one in approvals
        if one.key_id in publics and is_signed(publics[one.key_id], one.signature, data)
    }
    return bool(good) and len(good) >= root.threshold
