"""Let a new terminal in through a person who stands before it: code, fingerprint, region, site and role.

Before somebody at the desk typed the code that stands on the terminal's own glass, nothing is issued and nothing
is believed. Codes expire, few may be tried, and strangers can fill neither the list nor the database.
"""

import asyncio
import secrets
from dataclasses import dataclass, replace

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from content.codes import parse_code
from content.errors import CallerError, NotFound
from content.regions import check_region
from controller.auth.permissions import Permission, require
from controller.enrol import admit_terminal
from controller.services.events import EventBus, TerminalChanged
from controller.services.findings import AuditTrail
from controller.services.limits import FloodLimits, Traffic
from controller.services.people import token_hash
from controller.services.terminal_settings import TerminalSettings
from controller.store import pairings as store
from controller.store.database import Database
from controller.store.pairings import Pairing
from controller.store.people import Person
from controller.store.terminals import Terminal
from devices.agent.config import TerminalConfig, to_toml
from devices.clock import Clock
from devices.drivers.printer.model import DEFAULT_MODEL
from devices.wire.pairing import (
    LASTS_S,
    MOST_CSR,
    Bundle,
    PairingAnswer,
    PairingRequest,
    PairingState,
    PairingTicket,
    Secrets,
    derive,
    fingerprint_of,
)

MOST_WAITING = 100
MOST_MISSES = 5
KEPT_S = 24 * 3600
ABOUT_SIGNS = 80
CHECK_DIGITS = 64


class TooManyPairings(CallerError):
    """Somebody asks too often, or too many wait."""

    def __init__(self, wait_s: int) -> None:
        super().__init__("配对请求过多，请稍后再试；终端会自动重试。")
        self.wait_s = wait_s


class BadPairing(CallerError):
    """Not a request of a terminal."""

    def __init__(self, what: str) -> None:
        super().__init__("配对请求的格式不正确，请更新终端软件后重试。")
        self.what = what


class WrongCode(CallerError):
    """The code typed is not the one on that terminal's glass."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What an administrator decides about a new terminal.

    Attributes:
        device: id that it gets.
        site, region: where it stands.
        attended: a staffed hall.
        screens: its user interfaces.
        printer: device path, "" for none.
        printer_model: key of its sheet.
        replaces: it takes the place of the terminal of this id: a new disk, a new machine.
    """

    device: str
    site: str
    region: str
    attended: bool
    screens: tuple[str, ...]
    printer: str = ""
    replaces: bool = False
    printer_model: str = DEFAULT_MODEL


class Pairings:
    """The use cases of pairing."""

    def __init__(
        self,
        *,
        database: Database,
        settings: TerminalSettings,
        audit: AuditTrail,
        events: EventBus,
        clock: Clock,
        limits: FloodLimits | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._audit = audit
        self._events = events
        self._clock = clock
        self._limits = limits or FloodLimits()

    # What a terminal asks, before anybody knows it.

    async def ask(self, request: PairingRequest, *, address: str) -> PairingTicket:
        """Take in a terminal that wants to be paired.

        Raises:
            TooManyPairings: from this address, or in all.
            BadPairing: the request is not one.
        """
        wait_s = self._limits.wait_s(address, Traffic.PAIRING, now=self._clock.monotonic())
        if wait_s:
            raise TooManyPairings(wait_s)
        public = _public_of(request)
        now, ticket = self._now(), secrets.token_hex(32)
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        pairing = Pairing(
            id=secrets.token_hex(8),
            ticket=token_hash(ticket),
            address=address[:64],
            public=pem,
            fingerprint=fingerprint_of(public),
            check=request.check,
            about=request.about[:ABOUT_SIGNS],
            asked=now,
            expires=now + LASTS_S,
        )
        async with self._database.write() as c:
            await store.forget_pairings(c, before=now - KEPT_S)
            if len(await store.waiting(c, now=now)) >= MOST_WAITING:
                raise TooManyPairings(LASTS_S)
            await store.add_pairing(c, pairing)
        self._events.publish(TerminalChanged(""))
        return PairingTicket(ticket, pairing.expires)

    async def look(self, ticket: str) -> PairingAnswer:
        """Tell a terminal how it stands.

        Raises:
            NotFound: no such ticket.
        """
        async with self._database.read() as c:
            pairing = await store.by_ticket(c, token_hash(ticket))
        if pairing is None:
            raise NotFound("没有这次配对，终端会自动重新开始。")
        if pairing.state is PairingState.WAITING and pairing.expires < self._now():
            return PairingAnswer(PairingState.EXPIRED)
        return PairingAnswer(pairing.state, pairing.bundle, pairing.mac)

    # What an administrator does.

    async def waiting(self, by: Person) -> tuple[Pairing, ...]:
        """Return who waits, the newest first.

        Raises:
            Forbidden: not an administrator.
        """
        require(by, Permission.MANAGE_TERMINALS)
        async with self._database.read() as c:
            return await store.waiting(c, now=self._now())

    async def refuse(self, by: Person, pairing_id: str) -> None:
        """Send a terminal away.

        Raises:
            Forbidden, NotFound: not an administrator; nobody waits under this id.
        """
        require(by, Permission.MANAGE_TERMINALS)
        pairing = await self._still_waiting(pairing_id)
        async with self._database.write() as c:
            await store.keep_pairing(c, replace(pairing, state=PairingState.REFUSED))
            await self._audit.write(
                c,
                actor=by.id,
                act="pairing_refused",
                subject=pairing.fingerprint,
                detail=pairing.address,
            )

    async def accept(
        self, by: Person, pairing_id: str, *, code: str, placement: Placement
    ) -> Terminal:
        """Give a waiting terminal its certificate and its place.

        Raises:
            Forbidden, NotFound: not an administrator; nobody waits under this id.
            WrongCode: not the code on its glass; after five the pairing is void.
            CallerError: the placement cannot be used, or the id is taken.
        """
        require(by, Permission.MANAGE_TERMINALS)
        pairing = await self._still_waiting(pairing_id)
        proven = await self._proven(pairing, code)
        config = await self._config(placement)
        public = load_pem_public_key(pairing.public.encode())
        if not isinstance(public, EllipticCurvePublicKey):
            raise BadPairing("not a key of ours")
        now = self._clock.now()
        async with self._database.write() as c:
            terminal = await admit_terminal(
                c,
                ca=self._settings.ca,
                terminal=config,
                public=public,
                now=now,
                replaces=placement.replaces,
            )
            bundle = self._bundle(terminal, config)
            await store.keep_pairing(c, self._accepted(pairing, terminal, bundle, proven))
            await self._audit.write(
                c,
                actor=by.id,
                act="terminal_paired",
                subject=terminal.id,
                detail=f"{placement.site} {placement.region} {pairing.fingerprint[:32]}",
            )
        self._events.publish(TerminalChanged(terminal.id))
        return terminal

    async def _still_waiting(self, pairing_id: str) -> Pairing:
        async with self._database.read() as c:
            pairing = await store.find_pairing(c, pairing_id)
        is_waiting = pairing is not None and pairing.state is PairingState.WAITING
        if pairing is None or not is_waiting or pairing.expires < self._now():
            raise NotFound("这台终端已不在等待配对，请在列表中重新选择。")
        return pairing

    async def _proven(self, pairing: Pairing, code: str) -> Secrets:
        """Return the secrets of a right code; a wrong one is counted."""
        derived = await asyncio.to_thread(derive, parse_code(code), pairing.fingerprint)
        if secrets.compare_digest(derived.check, pairing.check):
            return derived
        misses = pairing.misses + 1
        state = PairingState.REFUSED if misses >= MOST_MISSES else PairingState.WAITING
        async with self._database.write() as c:
            await store.keep_pairing(c, replace(pairing, misses=misses, state=state))
        if state is PairingState.REFUSED:
            raise WrongCode("配对码已输错五次，这次配对作废。请在终端上查看新的配对码后重新操作。")
        raise WrongCode(
            "配对码不正确，请对照终端屏幕重新输入。如果核对无误仍不正确，"
            "可能有人冒充终端，请停止配对并联系维护人员。"
        )

    async def _config(self, placement: Placement) -> TerminalConfig:
        if not placement.site.strip():
            raise CallerError("请填写终端所在的场所。")
        if not placement.screens:
            raise CallerError("请至少选择一块屏幕。")
        return await self._settings.of(
            replace(placement, site=placement.site.strip(), region=check_region(placement.region))
        )

    def _bundle(self, terminal: Terminal, config: TerminalConfig) -> bytes:
        authority = self._settings.ca.certificate.decode()
        return msgspec.json.encode(Bundle(terminal.certificate, authority, to_toml(config)))

    def _accepted(
        self, pairing: Pairing, terminal: Terminal, bundle: bytes, proven: Secrets
    ) -> Pairing:
        return replace(
            pairing,
            state=PairingState.ACCEPTED,
            device=terminal.id,
            bundle=bundle,
            mac=proven.mac(bundle),
            expires=self._now() + LASTS_S,
        )

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _public_of(request: PairingRequest) -> EllipticCurvePublicKey:
    if len(request.csr) > MOST_CSR or len(request.check) != CHECK_DIGITS:
        raise BadPairing("not a pairing request")
    try:
        csr = x509.load_pem_x509_csr(request.csr.encode())
        public = csr.public_key()
        bytes.fromhex(request.check)
    except ValueError as error:
        raise BadPairing("the certificate request cannot be read") from error
    if not isinstance(public, EllipticCurvePublicKey) or public.curve.name != "secp256r1":
        raise BadPairing("not a P-256 key")
    if not csr.is_signature_valid:
        raise BadPairing("the request is not signed by its key")
    return public
