"""The TUF files of a zone that has held a key ceremony, as terminals fetch them; empty before the first.

The holders' files are kept as they came. Snapshot and timestamp are the controller's own: signed anew long
before they run out, so that a terminal that hears only old ones knows that it is cut off.
"""

import re
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Snapshot, Targets, Timestamp

from controller.broker.private_files import write_private
from controller.ceremony import metadata as make
from controller.ceremony.ceremony import Result, read_done
from devices.clock import Clock

NAME = re.compile(
    r"(?:[0-9]{1,9}\.)?(?:root|targets|snapshot|timestamp)\.json|[0-9a-f]{64}\.feeds\.json"
)
KEY = "online.key"


class TrustShelf:
    """The folder `trust` of a zone's state."""

    def __init__(self, state: Path, *, clock: Clock) -> None:
        self._folder = state / "trust"
        self._clock = clock

    @property
    def is_filled(self) -> bool:
        """Whether a ceremony was installed."""
        return (self._folder / "1.root.json").exists()

    def online_public(self) -> str:
        """Return the raw public key, hex, that dates what terminals fetch; made at the first asking."""
        return self._online().public_key().public_bytes_raw().hex()

    def install(self, result: Result) -> None:
        """Keep a ceremony's files and date them. The timestamp comes last: until then nobody sees the new."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, data in result.files().items():
            write_private(self._folder / name, data)
        self._date(Metadata[Targets].from_bytes(result.targets))

    def renew(self) -> bool:
        """Date the files anew if it is time; say whether it was."""
        path = self._folder / "timestamp.json"
        if not path.exists():
            return False
        expires = Metadata[Timestamp].from_bytes(path.read_bytes()).signed.expires
        if expires - self._clock.now() > make.RENEW_BEFORE:
            return False
        self._date(Metadata[Targets].from_bytes(self.result().targets))
        return True

    def result(self) -> Result:
        """Return what the last ceremony led to; raises CeremonyError before the first."""
        return read_done(self._folder)

    def file(self, name: str) -> bytes | None:
        """Return a file that terminals may fetch, None if there is none of that name."""
        path = self._folder / name
        return path.read_bytes() if NAME.fullmatch(name) and path.is_file() else None

    def _date(self, targets: Metadata[Targets]) -> None:
        now, signer = self._clock.now(), CryptoSigner(self._online())
        path = self._folder / "timestamp.json"
        version = 1
        if path.exists():
            version = Metadata[Timestamp].from_bytes(path.read_bytes()).signed.version + 1
        snapshot: Metadata[Snapshot] = make.new_snapshot(targets, version=version, now=now)
        snapshot.sign(signer)
        timestamp = make.new_timestamp(snapshot, version=version, now=now)
        timestamp.sign(signer)
        write_private(self._folder / f"{version}.snapshot.json", make.to_bytes(snapshot))
        write_private(path, make.to_bytes(timestamp))

    def _online(self) -> Ed25519PrivateKey:
        path = self._folder / KEY
        if not path.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(path, secrets.token_hex(32).encode())
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii").strip()))
