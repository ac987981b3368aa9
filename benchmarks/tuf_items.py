"""What the same edits would cost if every item were a TUF target: timestamp, snapshot and bins of a real `tuf`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from backports import zstd
from securesystemslib import signer as signing
from tuf.api import metadata
from tuf.api.serialization.json import JSONSerializer

tuf: Any = metadata
crypto: Any = signing
"""Its classes are not exported by name, as mypy sees it."""

BITS = 10
"""1,024 bins: what the design found best for 100,000 targets."""
EXPIRES = datetime(2027, 2, 20, tzinfo=UTC)


class TufItems:
    """A repository in which each item is a target in one of the hash bins."""

    def __init__(self, digests: dict[str, str], *, signers: int) -> None:
        self._signers = [crypto.CryptoSigner.generate_ed25519() for _ in range(signers)]
        keys = [one.public_key.keyid for one in self._signers]
        self._roles = tuf.SuccinctRoles(keys, signers, BITS, "bin")
        self._bins: dict[str, dict[str, Any]] = {}
        for record, digest in digests.items():
            target = tuf.TargetFile(1900, {"sha256": digest}, record)
            self._bins.setdefault(self._roles.get_role_for_target(record), {})[record] = target

    def change(self, records: Sequence[str], bodies: Sequence[bytes]) -> dict[str, int]:
        """Return the bytes that a terminal fetches for changed items: metadata, and the items as zstd."""
        touched = {self._roles.get_role_for_target(record) for record in records}
        names = [f"{name}.json" for name in self._roles.get_roles()]
        metas = {name: tuf.MetaFile(2 if name[:-5] in touched else 1) for name in names}
        metas["targets.json"] = tuf.MetaFile(1)
        fetched = self._size(tuf.Timestamp(version=2, expires=EXPIRES))
        fetched += self._size(tuf.Snapshot(version=2, expires=EXPIRES, meta=metas))
        fetched += sum(
            self._size(tuf.Targets(version=2, expires=EXPIRES, targets=self._bins.get(name, {})))
            for name in touched
        )
        return {"metadata": fetched, "items": sum(len(_pressed(body)) for body in bodies)}

    def _size(self, signed: Any) -> int:
        wrapped = tuf.Metadata(signed)
        for signer in self._signers:
            wrapped.sign(signer, append=True)
        return len(wrapped.to_bytes(JSONSerializer(compact=True)))


def _pressed(body: bytes) -> bytes:
    return zstd.compress(body, 19)
