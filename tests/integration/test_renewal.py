"""A certificate is followed by the next one in time; nobody is locked out half-way, and nobody else gets one."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from content.errors import PeerError
from controller.broker.pki import Issued, ZoneCa, fingerprint
from controller.services.renewals import Renewals
from controller.store import terminals as store
from controller.store.database import Database
from controller.store.terminals import Happening, Terminal, find_terminal
from devices.agent.config import Home
from devices.agent.faults import FaultBook
from devices.agent.pairing import csr_of
from devices.agent.ports import Unreachable
from devices.agent.renewal import FAULT, show_anew
from devices.agent.renewal import Renewals as TerminalRenewals
from tests.support.hand_clock import HandClock
from tests.support.mosquitto import HAS_MOSQUITTO, until
from tests.support.push_wing import A, Running, running
from tests.support.zone_ca import make_ca, open_database, register, terminal_of, wall_now

OLD = timedelta(days=365 * 5 - 40)
"""So long ago a certificate was issued that has some forty days left."""


@dataclass
class Room:
    """A zone's renewals and a terminal whose certificate runs out."""

    ca: ZoneCa
    database: Database
    issued: Issued
    home: Home
    clock: HandClock
    renewals: Renewals

    async def terminal(self) -> Terminal:
        async with self.database.read() as c:
            found = await find_terminal(c, A)
        assert found is not None
        return found

    def csr(self) -> bytes:
        key = load_pem_private_key(self.issued.key, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return csr_of(key, "renewal").encode()

    def revoked(self) -> list[str]:
        crl = x509.load_pem_x509_crl(self.ca.crl_path.read_bytes())
        return [f"{one.serial_number:x}" for one in crl]


@asynccontextmanager
async def room_with(folder: Path, *, age: timedelta = OLD) -> AsyncIterator[Room]:
    ca, clock = make_ca(folder / "ca"), HandClock(wall_now())
    issued = ca.issue_device(A, now=wall_now() - age)
    home = Home(folder / "home")
    home.path.mkdir()
    issued.write(home.path, "client")
    home.authority.write_bytes(ca.certificate)
    async with open_database(folder) as database:
        await register(database, terminal_of(issued, A))
        renewals = Renewals(database=database, ca=ca, clock=clock)
        yield Room(ca, database, issued, home, clock, renewals)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with room_with(tmp_path) as one:
        yield one


async def test_until_the_next_certificate_is_shown_both_are_good_and_then_one(room: Room) -> None:
    old = await room.terminal()
    pem = await room.renewals.renew(old, room.csr())
    assert await room.terminal() == old
    assert room.revoked() == []

    shown = await room.renewals.shown(old, fingerprint(pem.encode()))

    assert shown == await room.terminal()
    assert shown is not None
    assert shown.certificate == pem
    assert room.revoked() == [old.serial]
    async with room.database.read() as c:
        (line, *_) = await store.history_of(c, A, limit=5)
    assert line.what is Happening.RENEWED


async def test_asking_again_gives_the_same_certificate_and_a_fresh_one_is_kept(
    room: Room, tmp_path: Path
) -> None:
    terminal = await room.terminal()
    first = await room.renewals.renew(terminal, room.csr())

    assert await room.renewals.renew(terminal, room.csr()) == first
    folder = tmp_path / "fresh"
    folder.mkdir()
    async with room_with(folder, age=timedelta(days=1)) as fresh:
        held = await fresh.terminal()
        assert await fresh.renewals.renew(held, fresh.csr()) == held.certificate


async def test_another_key_gets_no_certificate(room: Room) -> None:
    other = csr_of(ec.generate_private_key(ec.SECP256R1()), A).encode()
    for csr in (other, b"", b"x" * 9000, room.csr().replace(b"M", b"N", 2)):
        with pytest.raises(PeerError):
            await room.renewals.renew(await room.terminal(), csr)


async def test_a_terminal_revoked_meanwhile_does_not_come_back_by_its_next_certificate(
    room: Room,
) -> None:
    old = await room.terminal()
    pem = await room.renewals.renew(old, room.csr())
    async with room.database.write() as c:
        await store.revoke_terminal(c, A, now=5)

    with pytest.raises(PeerError):
        await room.renewals.shown(old, fingerprint(pem.encode()))
    assert await room.renewals.shown(old, "ab" * 32) is None


class Terminal1:
    """The terminal's side over a fake way to the controller."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.adopted = 0
        self.answer: bytes | None = None
        self.faults = FaultBook(clock=room.clock, on_change=lambda: None)
        self.renewals = TerminalRenewals(
            room.home, ask=self._ask, adopt=self._adopt, faults=self.faults, clock=room.clock
        )

    async def _ask(self, csr: bytes) -> bytes:
        if self.answer is None:
            raise Unreachable("the test says so")
        return (
            self.answer
            or (await self.room.renewals.renew(await self.room.terminal(), csr)).encode()
        )

    async def _adopt(self) -> None:
        self.adopted += 1


async def test_the_terminal_keeps_only_what_is_its_own_next_certificate(room: Room) -> None:
    one = Terminal1(room)
    before = room.home.certificate.read_bytes()
    foreign = make_ca(room.home.path / "other").issue_device(A, now=wall_now())
    others = (
        foreign.certificate,
        room.ca.issue_device(A, now=wall_now()).certificate,
        before,
        b"no certificate",
    )
    for answer in others:
        one.answer = answer
        await one.renewals.look()
        assert room.home.certificate.read_bytes() == before
    assert one.adopted == 0

    one.answer = b""
    await one.renewals.look()
    await one.renewals.look()

    fresh = x509.load_pem_x509_certificate(room.home.certificate.read_bytes())
    assert fresh.not_valid_after_utc > room.clock.now() + timedelta(days=365 * 4)
    assert one.adopted == 1


async def test_an_end_that_comes_near_without_renewal_is_told_to_staff(room: Room) -> None:
    one = Terminal1(room)
    await one.renewals.look()
    assert one.faults.all() == ()

    room.clock.advance(20 * 86400)
    await one.renewals.look()
    assert [fault.code for fault in one.faults.all()] == [FAULT]

    one.answer = b""
    await one.renewals.look()
    assert one.faults.all() == ()


@pytest.mark.broker
@pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
async def test_over_the_device_api_the_new_certificate_takes_the_old_ones_place(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as zone:
        await until(lambda: zone.wing.terminals.link_up)
        ageing = zone.ca.issue_device(A, now=wall_now() - OLD)
        before = terminal_of(ageing, A)
        await register(zone.database, before)
        home = Home(tmp_path / "home")
        home.path.mkdir()
        ageing.write(home.path, "client")
        tls = zone.tls(ageing)
        pem = await _renewed(zone, tls, ageing)
        home.certificate.write_text(pem)

        show_anew(tls, home)
        async with zone.http(tls) as session:
            assert (await session.get("/orders")).status == 200
        async with zone.http(zone.tls(ageing)) as session:
            assert (await session.get("/orders")).status == 403
        async with zone.database.read() as c:
            held = await find_terminal(c, A)
    assert held == replace(
        before,
        certificate=pem,
        fingerprint=fingerprint(pem.encode()),
        serial=held.serial if held else "",
    )


async def _renewed(zone: Running, tls: ssl.SSLContext, ageing: Issued) -> str:
    key = await asyncio.to_thread(load_pem_private_key, ageing.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    async with zone.http(tls) as session:
        answer = await session.post("/renew", data=csr_of(key, "renewal").encode())
        assert answer.status == 200
        return await answer.text()
