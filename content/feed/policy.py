"""Who may sign what: the zone's signed policy, and the root that signs the policy.

A terminal pins the root at enrolment. The policy names keys, their holders, and for each feed the
approvers, how many of them are needed, and the key that orders the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import msgspec

from content.canonical import canonical_json
from content.errors import PeerError
from content.feed.keys import is_signed, key_id
from content.feed.statement import Approval

DOMAIN = b"zone/policy/1\n"


class PolicyRefused(PeerError):
    """The policy is not signed by enough root keys, or is older than the one held."""


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """The root that a terminal pins: raw public keys in hex, and how many must sign a policy."""

    keys: tuple[str, ...]
    threshold: int = 1


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
    """

    pattern: str
    approvers: tuple[str, ...]
    threshold: int
    log_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole policy of a zone; versions only rise."""

    zone: str
    version: int
    keys: tuple[PolicyKey, ...]
    feeds: tuple[FeedRule, ...]

    def signed_bytes(self) -> bytes:
        """Return exactly the bytes that root keys sign."""
        return DOMAIN + canonical_json(msgspec.to_builtins(self))

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
    """A policy and the root signatures over it."""

    policy: Policy
    approvals: tuple[Approval, ...]

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
    data = signed.policy.signed_bytes()
    publics = {key_id(bytes.fromhex(public)): bytes.fromhex(public) for public in root.keys}
    good = {
        approval.key_id
        for approval in signed.approvals
        if approval.key_id in publics
        and is_signed(publics[approval.key_id], approval.signature, data)
    }
    if len(good) < root.threshold:
        raise PolicyRefused("签名策略未经根密钥签名。")
    if signed.policy.version < held:
        raise PolicyRefused("签名策略的版本低于终端已有版本。")
    return signed.policy
