"""Make and sign the TUF metadata of a zone: root, targets, snapshot, timestamp. No files, no clock.

The holders sign root and targets. Snapshot and timestamp carry no power over content: the controller
signs them with its own key, so that terminals notice when they are cut off from newer keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    SPECIFICATION_VERSION,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from content.feed.policy import Policy
from content.feed.tuf_chain import FEEDS
from controller.ceremony.holder_keys import HeldKey

HOLDERS = "x-holders"
"""Signed beside the keys: which person holds which."""
LONG = timedelta(days=5 * 365)
SHORT = timedelta(days=90)
RENEW_BEFORE = timedelta(days=60)
SPEC = ".".join(SPECIFICATION_VERSION)


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds the root: name -> raw public key in hex, and how many must sign."""

    publics: Mapping[str, str]
    threshold: int


def tuf_key(public: str) -> SSlibKey:
    """Return a raw public key in the library's form."""
    return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)))


def new_root(holders: Holders, *, online: str, version: int, now: datetime) -> Metadata[Root]:
    """Return an unsigned root: holders sign root and targets, the controller's key the two others."""
    root = Root(version=version, spec_version=SPEC, expires=_until(now, LONG))
    root.unrecognized_fields[HOLDERS] = {
        tuf_key(public).keyid: name for name, public in holders.publics.items()
    }
    for public in holders.publics.values():
        root.add_key(tuf_key(public), Root.type)
        root.add_key(tuf_key(public), Targets.type)
    for role in (Snapshot.type, Timestamp.type):
        root.add_key(tuf_key(online), role)
    root.roles[Root.type].threshold = holders.threshold
    root.roles[Targets.type].threshold = holders.threshold
    return Metadata(root)


def new_targets(policy: Policy, *, version: int, now: datetime) -> Metadata[Targets]:
    """Return unsigned targets: feeds.json alone."""
    target = TargetFile.from_data(FEEDS, policy.target_bytes(), ["sha256"])
    return Metadata(
        Targets(
            version=version, spec_version=SPEC, expires=_until(now, LONG), targets={FEEDS: target}
        )
    )


def new_snapshot(targets: Metadata[Targets], *, version: int, now: datetime) -> Metadata[Snapshot]:
    """Return an unsigned snapshot."""
    meta = {"targets.json": MetaFile(version=targets.signed.version)}
    return Metadata(
        Snapshot(version=version, spec_version=SPEC, expires=_until(now, SHORT), meta=meta)
    )


def new_timestamp(
    snapshot: Metadata[Snapshot], *, version: int, now: datetime
) -> Metadata[Timestamp]:
    """Return an unsigned timestamp."""
    meta = MetaFile(version=snapshot.signed.version)
    return Metadata(
        Timestamp(
            version=version, spec_version=SPEC, expires=_until(now, SHORT), snapshot_meta=meta
        )
    )


def sign(metadata: Metadata[Root] | Metadata[Targets], key: HeldKey) -> None:
    """Add a holder's signature."""
    metadata.sign(CryptoSigner(key.private), append=True)


def to_bytes(
    metadata: Metadata[Root] | Metadata[Targets] | Metadata[Snapshot] | Metadata[Timestamp],
) -> bytes:
    """Return the file's bytes, without spaces: a terminal keeps them as text."""
    return metadata.to_bytes(JSONSerializer(compact=True))


def holder_names(root: Root) -> dict[str, str]:
    """Return key id -> name."""
    said = root.unrecognized_fields.get(HOLDERS, {})
    return {str(key): str(name) for key, name in said.items()} if isinstance(said, dict) else {}


def signers_of(metadata: Metadata[Root] | Metadata[Targets], root: Root, role: str) -> set[str]:
    """Return the ids of the role's keys under a root that have really signed."""
    try:
        result = root.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
    except (RepositoryError, ValueError):
        return set()
    return set(result.signed)


def _until(now: datetime, span: timedelta) -> datetime:
    return (now + span).astimezone(UTC).replace(microsecond=0)
