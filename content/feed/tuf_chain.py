"""Verify a policy that comes from a ceremony: the chain of TUF roots, then the target feeds.json.

Pure. Expiry is not judged here: an expired root or policy means that no key changes now, never that a
screen goes dark (docs/adr/0020). Freshness is the TUF client's business (devices.agent.key_updates).
"""

from collections.abc import Iterable
from itertools import pairwise

import msgspec
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets
from tuf.api.serialization import DeserializationError

from content.canonical import sha256_hex
from content.feed.policy import Policy, PolicyRefused, SignedPolicy, TrustRoot, is_signed_by

FEEDS = "feeds.json"
"""Name of the target that says who may sign what."""
HANDOVER_DOMAIN = b"zone/handover/1\n"
LEAST_LINKS = 2
"""A root and the targets."""


def handover_bytes(first_root: bytes) -> bytes:
    """Return exactly the bytes by which a browser's root key hands over to a ceremony's first root."""
    return HANDOVER_DOMAIN + sha256_hex(first_root).encode()


def check_chain(signed: SignedPolicy, *, root: TrustRoot) -> None:
    """Accept a policy as a target of the newest root, which the pinned one has led to.

    Raises:
        PolicyRefused: with the reason.
    """
    *roots, targets = signed.chain
    if len(signed.chain) < LEAST_LINKS or not _is_pinned(roots[0], signed, root):
        raise PolicyRefused("签名策略不是由本终端信任的根签发的。")
    try:
        newest = newest_root(roots)
        read = Metadata[Targets].from_bytes(targets)
        newest.verify_delegate(Targets.type, read.signed_bytes, read.signatures)
        read.signed.targets[FEEDS].verify_length_and_hashes(signed.policy.target_bytes())
    except (RepositoryError, DeserializationError, KeyError, ValueError) as error:
        raise PolicyRefused("签名策略没有通过根密钥链的校验，终端继续使用原有策略。") from error


def newest_root(roots: Iterable[bytes]) -> Root:
    """Return the last root of a chain whose first is trusted.

    Raises:
        RepositoryError, DeserializationError, ValueError: a link is not signed by enough keys of the root
            before it and of its own, or does not follow it.
    """
    read = [Metadata[Root].from_bytes(data) for data in roots]
    # TUF specification 5.3: a root must satisfy its own threshold and that of the one before.
    read[0].signed.verify_delegate(Root.type, read[0].signed_bytes, read[0].signatures)
    for before, after in pairwise(read):
        if after.signed.version != before.signed.version + 1:
            raise ValueError("a root is missing in the chain")
        for judge in (before.signed, after.signed):
            judge.verify_delegate(Root.type, after.signed_bytes, after.signatures)
    return read[-1].signed


def policy_of(target: bytes) -> Policy:
    """Read feeds.json. Whoever needs it trusted asks `check_chain`.

    Raises:
        PolicyRefused: not a policy.
    """
    try:
        return msgspec.json.decode(target, type=Policy)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise PolicyRefused("签名策略文件无法读取。") from error


def _is_pinned(first: bytes, signed: SignedPolicy, root: TrustRoot) -> bool:
    if root.tuf:
        return first == root.tuf.encode()
    return is_signed_by(root, signed.approvals, handover_bytes(first))
