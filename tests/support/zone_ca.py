"""Authorities, terminals and envelopes for tests of the controller's device side."""

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from nacl.public import PrivateKey, PublicKey, SealedBox
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from content.codes import code_from
from content.errors import CallerError
from content.requests.form import ApplicantKind, DeliveryWay, RequestForm, SupplyForm
from controller.broker.pki import Issued, ZoneCa, fingerprint
from controller.store import terminals as store
from controller.store.database import Database, DiskFull
from controller.store.metadata import metadata
from controller.store.terminals import Terminal
from devices.clock import SystemClock
from devices.wire.messages import Envelope
from tests.support.hand_clock import START
from tests.support.postgresql import database_of

if TYPE_CHECKING:
    from controller.services.requests import FiledRequest

FEED = "gov/512299"
FORM = RequestForm(
    kind=ApplicantKind.PERSON,
    name="测试甲",
    id_number="000000000000000000",
    phone="000-0000",
    body="示例局",
    description="示例文件",
    supply=SupplyForm.PAPER,
    delivery=DeliveryWay.PICK_UP,
)
BOOT = "boot-1"


def wall_now() -> datetime:
    """The real moment: TLS knows no other."""
    return SystemClock().now()


def make_ca(folder: Path) -> ZoneCa:
    return ZoneCa.open_or_create(folder, zone="test", now=wall_now())


def client_tls(ca: ZoneCa, issued: Issued | None, folder: Path) -> ssl.SSLContext:
    """TLS as a device dials: trusts `ca`, shows the certificate if there is one."""
    context = ssl.create_default_context(cafile=str(ca.certificate_path))
    if issued is not None:
        folder.mkdir(parents=True, exist_ok=True)
        context.load_cert_chain(*issued.write(folder, issued.serial))
    return context


def terminal_of(
    issued: Issued,
    device: str,
    *,
    feeds: tuple[str, ...] = (FEED,),
    screens: tuple[str, ...] = ("kiosk", "signage-1"),
) -> Terminal:
    return Terminal(
        id=device,
        site="一号大厅",
        region="512299",
        attended=True,
        feeds=feeds,
        screens=screens,
        certificate=issued.certificate.decode(),
        fingerprint=fingerprint(issued.certificate),
        serial=issued.serial,
        enrolled_at=int(START.timestamp()),
    )


@asynccontextmanager
async def open_database(folder: Path) -> AsyncIterator[Database]:
    local = f"sqlite+aiosqlite:///{folder / 'zone.db'}"
    database = Database(database_of(folder, default=local))
    async with database.write() as c:
        await c.run_sync(metadata.create_all)
    try:
        yield database
    finally:
        await database.close()


async def register(database: Database, *terminals: Terminal) -> None:
    async with database.write() as c:
        for terminal in terminals:
            await store.keep_terminal(c, terminal)


@dataclass(slots=True)
class Writer:
    """Makes envelopes as a terminal does."""

    device: str
    key: EllipticCurvePrivateKey
    seal: PublicKey
    sequence: int = 0

    def envelope(self, rest: str, *, form: RequestForm = FORM, **changes: object) -> Envelope:
        key = f"{self.device}-{rest}"
        body: dict[str, object] = {
            "code": code_from(key),
            "form": msgspec.to_builtins(form),
            "filed_at": int(START.timestamp()),
            "attended": True,
            "terminal": self.device,
            **changes,
        }
        return self.sealed(key, msgspec.json.encode(body))

    def sealed(self, key: str, body: bytes, *, kind: str = "req") -> Envelope:
        self.sequence += 1
        sealed = base64.b64encode(SealedBox(self.seal).encrypt(body)).decode()
        at = int(START.timestamp())
        return self.signed(Envelope(self.device, key, kind, at, BOOT, self.sequence, sealed))

    def signed(self, envelope: Envelope) -> Envelope:
        signature = self.key.sign(envelope.signed_bytes(), ECDSA(SHA256()))
        return replace(envelope, signature=base64.b64encode(signature).decode())


def writer_of(issued: Issued, device: str, seal: PrivateKey) -> Writer:
    key = load_pem_private_key(issued.key, password=None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return Writer(device, key, seal.public_key)


_FILED = Table(
    "fake_filed",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("code", String, nullable=False),
    Column("at", Integer, nullable=False),
)


@dataclass(slots=True)
class FakeRequests:
    """A register that counts in the caller's transaction, so that what is undone was never given."""

    announced: list[str] = field(default_factory=list)
    is_disk_full: bool = False

    async def open(self, database: Database) -> None:
        async with database.write() as c:
            await c.run_sync(_FILED.metadata.create_all)

    async def register(self, c: AsyncConnection, filed: "FiledRequest", now: datetime) -> str:
        if self.is_disk_full:
            raise DiskFull
        if not filed.form.name:
            raise CallerError("请填写申请人姓名。")
        row = _FILED.insert().values(code=filed.code, at=int(now.timestamp()))
        return f"2026-{(await c.execute(row.returning(_FILED.c.number))).scalar_one():04d}"

    def announce(self, number: str) -> None:
        self.announced.append(number)

    async def codes(self, database: Database) -> list[str]:
        async with database.read() as c:
            return [row.code for row in await c.execute(_FILED.select())]


@dataclass(slots=True)
class FakeAudit:
    """An audit trail in memory: (actor, act, subject, detail)."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    async def write(
        self,
        c: AsyncConnection,  # noqa: ARG002 - the real trail writes in it
        *,
        actor: str,
        act: str,
        subject: str,
        detail: str = "",
    ) -> None:
        self.rows.append((actor, act, subject, detail))
