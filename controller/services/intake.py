"""Take in what citizens left at terminals: each envelope counts once, however often it arrives (wire.md 9.3).

Proofs come first (whose, signed by whom, sealed to us), then one transaction writes the ledger row and registers
the request, then the caller answers. An answer `rej` goes to a person at the terminal: it is given only where
trying again cannot help. Everything else (a full disk, a stopped database) is raised, nothing is answered,
and the terminal tries again.
"""

import base64
import binascii
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from sqlalchemy.ext.asyncio import AsyncConnection

from content.canonical import sha256_hex
from content.codes import code_from, seed_tail
from content.errors import CallerError
from content.requests.form import RequestForm
from content.search.tally import SearchLog
from controller.services.findings import Finding, Findings
from controller.services.limits import FloodLimits, Traffic
from controller.services.records import KINDS, Records, Rejected, opened_records
from controller.services.requests import FiledRequest
from controller.store import intake as ledger
from controller.store.database import Database
from controller.store.intake import LedgerRow
from controller.store.records import add_records
from controller.store.terminals import Terminal, find_terminal
from devices.clock import Clock
from devices.wire.messages import Ack, AckResult, Envelope

logger = logging.getLogger(__name__)

__all__ = ["Intake", "Rejected"]

T = TypeVar("T")

REQUEST = "req"
LOG = "log"
MAX_SEALED = 64 * 1024
"""Characters of the sealed body (wire.md 9.2)."""
_KEY_REST = re.compile(r"[0-9A-Za-z_-]{8,64}")
_LATEST = 253_402_300_799
"""Last unix second that a datetime can hold."""


class RequestRegister(Protocol):
    """The desk that gives the 受理号."""

    async def register(self, c: AsyncConnection, filed: FiledRequest, now: datetime) -> str:
        """Register a request in the caller's transaction and return its number."""
        ...

    def announce(self, number: str) -> None:
        """Tell live pages, after the commit."""
        ...


class SearchKeeper(Protocol):
    """Whoever counts what was searched for."""

    async def take(self, c: AsyncConnection, log: SearchLog) -> None:
        """Add a terminal's batch in the caller's transaction."""
        ...


@dataclass(frozen=True, slots=True)
class FiledBody:
    """The unsealed body of kind "req": JSON as the agent writes it."""

    code: str
    form: RequestForm
    filed_at: int
    attended: bool
    terminal: str


class Intake:
    """Receives envelopes, over MQTT and HTTPS alike."""

    def __init__(
        self,
        *,
        database: Database,
        requests: RequestRegister,
        seal_key: PrivateKey,
        findings: Findings,
        clock: Clock,
        limits: FloodLimits | None = None,
    ) -> None:
        self._limits = limits or FloodLimits()
        self._database = database
        self._requests = requests
        self.searches: SearchKeeper | None = None
        self._box = SealedBox(seal_key)
        self._findings = findings
        self._clock = clock

    async def receive(self, envelope: Envelope, *, peer: str) -> Ack:
        """Take in an envelope that arrived from the peer with this certificate name.

        Returns:
            The acknowledgement to send, true after a power cut: the transaction is committed. LATER if the
            terminal sends more than a terminal may; nothing was looked at then.
        """
        wait_s = self._limits.wait_s(peer, Traffic.ENVELOPE, now=self._clock.monotonic())
        if wait_s:
            self._findings.note(Finding(peer, "flood", "envelopes"))
            return Ack(envelope.key, AckResult.LATER, wait_s=wait_s)
        try:
            await self._prove(envelope, peer=peer)
            if envelope.kind == LOG and self.searches is not None:
                ack = await self._count(envelope, self.searches)
            else:
                ack = await self._take_in(envelope, self._read(envelope))
        except CallerError as error:
            reason = error.reason if isinstance(error, Rejected) else "refused_by_desk"
            self._findings.note(Finding(peer, "envelope_rejected", reason))
            return Ack(envelope.key, AckResult.REJECTED, why=str(error))
        logger.info(
            "envelope taken in",
            extra={"device": peer, "key": seed_tail(ack.key), "result": ack.result},
        )
        return ack

    async def _prove(self, envelope: Envelope, *, peer: str) -> None:
        async with self._database.read() as c:
            terminal = await find_terminal(c, peer)
        if terminal is None or terminal.revoked_at:
            raise Rejected("unknown_device", "本终端未在系统登记或已停用，请联系管理员重新登记。")
        _check_shape(envelope, peer=peer)
        _check_signature(envelope, terminal)

    def _opened(self, envelope: Envelope, kind: type[T]) -> T:
        try:
            body = self._box.decrypt(base64.b64decode(envelope.sealed, validate=True))
            return msgspec.json.decode(body, type=kind)
        except (CryptoError, binascii.Error, ValueError) as error:
            # The error itself may quote what a citizen wrote: it goes nowhere.
            raise Rejected(
                "unreadable",
                "申请内容无法解密或格式不符，请保留回执并联系管理员检查终端的登记信息。",
            ) from error

    def _read(self, envelope: Envelope) -> FiledRequest | Records:
        if envelope.kind in KINDS:
            return opened_records(envelope, self._box)
        return self._filed(envelope)

    def _filed(self, envelope: Envelope) -> FiledRequest:
        said = self._opened(envelope, FiledBody)
        if said.code != code_from(envelope.key) or said.terminal != envelope.device:
            raise Rejected("mismatch", "申请与回执编号不一致，请保留回执并联系管理员。")
        if not 0 < said.filed_at <= _LATEST:
            raise Rejected("bad_time", "申请时间不正确，请管理员检查终端时钟。")
        return FiledRequest(
            code=said.code,
            form=said.form,
            filed_at=datetime.fromtimestamp(said.filed_at, UTC),
            attended=said.attended,
            terminal=said.terminal,
        )

    async def _count(self, envelope: Envelope, searches: SearchKeeper) -> Ack:
        log, row = self._opened(envelope, SearchLog), self._row(envelope)
        async with self._database.write() as c:
            kept = await ledger.claim(c, row)
            if not kept.dups:
                await searches.take(c, log)
        return Ack(envelope.key, AckResult.DUPLICATE if kept.dups else AckResult.OK)

    def _row(self, envelope: Envelope) -> LedgerRow:
        return LedgerRow(
            envelope.device,
            envelope.key,
            sha256_hex(envelope.sealed.encode()),
            envelope.kind,
            int(self._clock.now().timestamp()),
        )

    async def _take_in(self, envelope: Envelope, filed: FiledRequest | Records) -> Ack:
        now, row = self._clock.now(), self._row(envelope)
        async with self._database.write() as c:
            kept = await ledger.claim(c, row)
            if kept.digest != row.digest:
                raise Rejected("key_used_twice", "提交编号与另一份申请重复，请重新填写并提交。")
            if kept.dups:
                return Ack(envelope.key, AckResult.DUPLICATE, kept.number)
            if isinstance(filed, Records):
                await add_records(c, filed.rows)
                return Ack(envelope.key, AckResult.OK)
            number = await self._requests.register(c, filed, now)
            await ledger.give_number(c, row, number)
        self._requests.announce(number)
        return Ack(envelope.key, AckResult.OK, number)


def _check_shape(envelope: Envelope, *, peer: str) -> None:
    if envelope.device != peer:
        raise Rejected("other_device", "提交来自另一台终端的身份，请联系管理员检查终端证书。")
    rest = envelope.key.removeprefix(f"{peer}-")
    if rest == envelope.key or not _KEY_REST.fullmatch(rest):
        raise Rejected("bad_key", "提交编号不正确，请重新填写并提交。")
    if envelope.kind not in {REQUEST, LOG, *KINDS}:
        raise Rejected("unknown_kind", "系统不认识这种提交，请管理员更新软件版本。")
    if len(envelope.sealed) > MAX_SEALED:
        raise Rejected("too_large", "申请内容过长，请缩短后重新提交。")


def _check_signature(envelope: Envelope, terminal: Terminal) -> None:
    public = x509.load_pem_x509_certificate(terminal.certificate.encode()).public_key()
    try:
        signature = base64.b64decode(envelope.signature, validate=True)
        if not isinstance(public, EllipticCurvePublicKey):
            raise InvalidSignature  # noqa: TRY301 - the same answer as for a wrong signature
        public.verify(signature, envelope.signed_bytes(), ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise Rejected(
            "bad_signature", "提交的签名与登记的终端证书不符，请联系管理员检查终端。"
        ) from error
