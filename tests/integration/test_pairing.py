"""A new terminal is let in by a person who typed the code on its glass, and by nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from content.codes import new_code
from content.errors import CallerError, NotFound
from controller import keys
from controller.auth.permissions import Forbidden
from controller.auth.roles import Role
from controller.broker.pki import ZoneCa
from controller.enrol import AlreadyEnrolled
from controller.services.limits import ALLOWANCES, Traffic
from controller.services.pairings import (
    MOST_MISSES,
    BadPairing,
    Pairings,
    Placement,
    TooManyPairings,
    WrongCode,
)
from controller.store.pairings import forget_pairings
from controller.store.people import Person
from controller.store.terminals import find_terminal
from devices.agent import pairing as pairing_of_terminal
from devices.agent.config import Home, load
from devices.agent.pairing import BadController, NotTrusted, Shown, adopt, csr_of, is_paired, pair
from devices.pair import begin_anew
from devices.wire.pairing import (
    PairingAnswer,
    PairingRequest,
    PairingState,
    derive,
    fingerprint_of,
    show_fingerprint,
)
from tests.support.zone import REGION, TestClock, Zone, open_zone

PLACE = Placement("hall-1", "政务服务大厅", REGION, attended=True, screens=("kiosk", "signage-1"))


@dataclass
class Stranger:
    """A terminal that nobody knows."""

    code: str = field(default_factory=new_code)
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.key.public_key())

    def request(self) -> PairingRequest:
        check = derive(self.code, self.fingerprint).check
        return PairingRequest(csr_of(self.key, "pairing"), check, "1.0")


@dataclass
class Room:
    zone: Zone
    pairings: Pairings
    admin: Person
    clock: TestClock

    async def asked(self, stranger: Stranger, address: str = "10.0.0.9") -> tuple[str, str]:
        """Return pairing id and ticket."""
        ticket = await self.pairings.ask(stranger.request(), address=address)
        (found, *_) = [
            one
            for one in await self.pairings.waiting(self.admin)
            if one.fingerprint == stranger.fingerprint
        ]
        return found.id, ticket.ticket


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    clock = TestClock()
    async with open_zone(tmp_path / "zone", clock=clock) as zone:
        yield Room(zone, zone.app[keys.PAIRINGS], await zone.set_up(), clock)


def write(home: Path, stranger: Stranger, answer: PairingAnswer) -> Home:
    home.mkdir(exist_ok=True)
    secrets = derive(stranger.code, stranger.fingerprint)
    adopt(answer, Home(home), key=stranger.key, secrets=secrets)
    return Home(home)


async def test_the_right_code_gives_the_terminal_its_certificate_and_place(
    room: Room, tmp_path: Path
) -> None:
    stranger = Stranger()
    pairing, ticket = await room.asked(stranger)
    assert (await room.pairings.look(ticket)).state is PairingState.WAITING

    await room.pairings.accept(room.admin, pairing, code=stranger.code.lower(), placement=PLACE)

    home = write(tmp_path / "home", stranger, await room.pairings.look(ticket))
    home.key.write_bytes(b"made by the terminal itself")
    config = load(home)
    assert (config.id, config.site, config.screens) == ("hall-1", PLACE.site, PLACE.screens)
    certificate = x509.load_pem_x509_certificate(home.certificate.read_bytes())
    assert certificate.public_key() == stranger.key.public_key()
    certificate.verify_directly_issued_by(
        x509.load_pem_x509_certificate(home.authority.read_bytes())
    )
    assert await room.pairings.waiting(room.admin) == ()


async def test_nothing_is_issued_before_somebody_typed_the_code(room: Room) -> None:
    pairing, ticket = await room.asked(Stranger())

    with pytest.raises(WrongCode):
        await room.pairings.accept(room.admin, pairing, code=new_code(), placement=PLACE)

    assert (await room.pairings.look(ticket)).bundle == b""
    async with room.zone.app[keys.DATABASE].read() as c:
        assert await find_terminal(c, "hall-1") is None


async def test_five_wrong_codes_void_the_pairing(room: Room) -> None:
    stranger = Stranger()
    pairing, ticket = await room.asked(stranger)
    for _ in range(MOST_MISSES):
        with pytest.raises(WrongCode):
            await room.pairings.accept(room.admin, pairing, code=new_code(), placement=PLACE)

    with pytest.raises(NotFound):
        await room.pairings.accept(room.admin, pairing, code=stranger.code, placement=PLACE)
    assert (await room.pairings.look(ticket)).state is PairingState.REFUSED


async def test_a_code_expires(room: Room) -> None:
    stranger = Stranger()
    pairing, ticket = await room.asked(stranger)
    room.clock.forward(minutes=31)

    assert await room.pairings.waiting(room.admin) == ()
    assert (await room.pairings.look(ticket)).state is PairingState.EXPIRED
    with pytest.raises(NotFound):
        await room.pairings.accept(room.admin, pairing, code=stranger.code, placement=PLACE)


async def test_somebody_between_who_puts_in_his_own_key_fails_the_code(room: Room) -> None:
    true = Stranger()
    false = Stranger(code=true.code)
    lying = PairingRequest(csr_of(false.key, "pairing"), true.request().check, "")
    await room.pairings.ask(lying, address="10.6.6.6")
    ((pairing),) = await room.pairings.waiting(room.admin)

    with pytest.raises(WrongCode, match="冒充"):
        await room.pairings.accept(room.admin, pairing.id, code=true.code, placement=PLACE)


async def test_somebody_between_who_changes_the_answer_is_not_believed(
    room: Room, tmp_path: Path
) -> None:
    stranger = Stranger()
    pairing, ticket = await room.asked(stranger)
    await room.pairings.accept(room.admin, pairing, code=stranger.code, placement=PLACE)
    good = await room.pairings.look(ticket)
    forged = json.loads(good.bundle) | {"authority": "-----BEGIN CERTIFICATE-----"}
    attacks = (
        replace(good, bundle=json.dumps(forged).encode()),
        replace(good, mac="00" * 32),
        replace(good, mac=derive(new_code(), stranger.fingerprint).mac(good.bundle)),
    )

    for attack in attacks:
        with pytest.raises(NotTrusted):
            write(tmp_path / "home", stranger, attack)
    assert not is_paired(Home(tmp_path / "home"))


async def test_an_answer_for_another_key_is_not_kept(room: Room, tmp_path: Path) -> None:
    stranger, other = Stranger(), Stranger()
    pairing, ticket = await room.asked(stranger)
    await room.pairings.accept(room.admin, pairing, code=stranger.code, placement=PLACE)
    good = await room.pairings.look(ticket)
    mac = derive(other.code, other.fingerprint).mac(good.bundle)

    with pytest.raises(NotTrusted, match="key"):
        write(tmp_path / "home", other, replace(good, mac=mac))


async def test_only_an_administrator_sees_accepts_and_refuses(room: Room) -> None:
    drafter = await room.zone.add("drafter", Role.DRAFTER)
    stranger = Stranger()
    pairing, ticket = await room.asked(stranger)

    with pytest.raises(Forbidden):
        await room.pairings.waiting(drafter)
    with pytest.raises(Forbidden):
        await room.pairings.accept(drafter, pairing, code=stranger.code, placement=PLACE)
    with pytest.raises(Forbidden):
        await room.pairings.refuse(drafter, pairing)
    await room.pairings.refuse(room.admin, pairing)
    assert (await room.pairings.look(ticket)).state is PairingState.REFUSED


async def test_one_address_may_not_ask_without_end(room: Room) -> None:
    for _ in range(int(ALLOWANCES[Traffic.PAIRING].burst)):
        await room.pairings.ask(Stranger().request(), address="10.6.6.6")

    with pytest.raises(TooManyPairings):
        await room.pairings.ask(Stranger().request(), address="10.6.6.6")
    await room.pairings.ask(Stranger().request(), address="10.0.0.9")


async def test_what_is_no_request_is_refused(room: Room) -> None:
    good = Stranger().request()
    rsa_like = good.csr.replace("M", "N", 3)
    bad = (
        replace(good, csr=""),
        replace(good, csr="x" * 10_000),
        replace(good, csr=rsa_like),
        replace(good, check="zz" * 32),
        replace(good, check="ab"),
        replace(good, csr=csr_of(ec.generate_private_key(ec.SECP384R1()), "pairing")),
    )
    for number, request in enumerate(bad):
        with pytest.raises(BadPairing):
            await room.pairings.ask(request, address=f"10.0.1.{number}")


async def test_after_a_disk_swap_the_terminal_pairs_anew_and_the_old_certificate_is_revoked(
    room: Room, tmp_path: Path
) -> None:
    before = None
    for swap in (False, True):
        stranger = Stranger()
        pairing, _ = await room.asked(stranger)
        if swap:
            with pytest.raises(AlreadyEnrolled, match="更换原终端"):
                await room.pairings.accept(room.admin, pairing, code=stranger.code, placement=PLACE)
        async with room.zone.app[keys.DATABASE].read() as c:
            before = await find_terminal(c, "hall-1")
        await room.pairings.accept(
            room.admin, pairing, code=stranger.code, placement=replace(PLACE, replaces=swap)
        )

    assert before is not None
    ca = ZoneCa(tmp_path / "zone/ca")
    revoked = x509.load_pem_x509_crl(ca.crl_path.read_bytes())
    assert [f"{one.serial_number:x}" for one in revoked] == [before.serial]


@pytest.mark.parametrize(
    "change",
    [{"device": "大厅"}, {"site": "  "}, {"region": "县城"}, {"screens": ()}],
)
async def test_a_placement_that_cannot_be_used_says_why_and_the_terminal_waits_on(
    room: Room, change: dict[str, object]
) -> None:
    stranger = Stranger()
    pairing, ticket = await room.asked(stranger)

    with pytest.raises(CallerError):
        await room.pairings.accept(
            room.admin,
            pairing,
            code=stranger.code,
            placement=replace(PLACE, **change),  # type: ignore[arg-type]
        )

    assert (await room.pairings.look(ticket)).state is PairingState.WAITING


async def test_over_the_web_a_fresh_folder_is_paired_from_end_to_end(
    room: Room, tmp_path: Path
) -> None:
    home, shown = Home(tmp_path / "home"), asyncio.Queue[Shown]()
    address = str(room.zone.client.make_url("")).rstrip("/")
    pairing = asyncio.create_task(pair(home, address, show=shown.put_nowait))
    try:
        async with asyncio.timeout(20):
            seen = await shown.get()
            (waiting,) = await room.pairings.waiting(room.admin)
            assert show_fingerprint(waiting.fingerprint) == seen.fingerprint
            assert not is_paired(home)
            await room.pairings.accept(room.admin, waiting.id, code=seen.code, placement=PLACE)
            await pairing
    finally:
        pairing.cancel()
        with suppress(asyncio.CancelledError):
            await pairing

    assert load(home).id == "hall-1"
    assert home.key.stat().st_mode & 0o777 == 0o600
    assert seen.code.replace("-", "") not in "".join(
        one.read_bytes().decode("latin1") for one in (tmp_path / "zone").glob("zone.db*")
    )


async def test_a_stranger_asks_the_web_too_often_and_is_told_when_to_come_again(
    room: Room,
) -> None:
    body = msgspec.json.encode(Stranger().request())
    for _ in range(int(ALLOWANCES[Traffic.PAIRING].burst)):
        assert (await room.zone.client.post("/pair", data=body)).status == HTTPStatus.OK

    answer = await room.zone.client.post("/pair", data=b"{}")
    assert answer.status == HTTPStatus.BAD_REQUEST
    answer = await room.zone.client.post("/pair", data=body)
    assert answer.status == HTTPStatus.TOO_MANY_REQUESTS
    assert int(answer.headers["Retry-After"]) > 0
    unknown = await room.zone.client.get(f"/pair/{'0' * 64}")
    assert unknown.status == HTTPStatus.NOT_FOUND


async def test_a_folder_that_was_paired_before_gets_a_new_key_and_keeps_the_rest(
    room: Room, tmp_path: Path
) -> None:
    stranger = Stranger()
    pairing, ticket = await room.asked(stranger)
    await room.pairings.accept(room.admin, pairing, code=stranger.code, placement=PLACE)
    home = write(tmp_path / "home", stranger, await room.pairings.look(ticket))
    home.key.write_bytes(b"old key")
    home.store.write_bytes(b"what citizens left")

    begin_anew(home.path)

    assert not is_paired(home)
    assert not home.key.exists()
    assert home.store.read_bytes() == b"what citizens left"


async def test_a_controller_that_forgot_the_pairing_gets_a_new_code(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing_of_terminal, "ASK_S", 0.05)
    home, shown = Home(tmp_path / "home"), asyncio.Queue[Shown]()
    address = str(room.zone.client.make_url("")).rstrip("/")
    pairing = asyncio.create_task(pair(home, address, show=shown.put_nowait))
    try:
        async with asyncio.timeout(20):
            first = await shown.get()
            async with room.zone.app[keys.DATABASE].write() as c:
                await forget_pairings(c, before=2**40)
            second = await shown.get()
    finally:
        pairing.cancel()
        with suppress(asyncio.CancelledError):
            await pairing

    assert second.code != first.code
    assert second.fingerprint == first.fingerprint


@pytest.mark.parametrize("address", ["http://zone.example", "ftp://x", "zone.example", ""])
async def test_only_https_or_this_machine_itself_is_paired_with(
    address: str, tmp_path: Path
) -> None:
    with pytest.raises(BadController, match="https"):
        await pair(Home(tmp_path / "home"), address, show=lambda _: None)
    assert not (tmp_path / "home").exists()
