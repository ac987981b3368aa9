"""Getting in: one link once, no password built in, the last administrator stays, keys are proved."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller import keys
from controller.auth.passwords import WeakPassword
from controller.auth.permissions import Forbidden
from controller.auth.roles import Role
from controller.services.key_proof import BadKey
from controller.services.people import BadLink, BadLogin, TooManyAttempts, WrongLogin
from controller.store.keys import KeyUse
from tests.support.signers import Signer
from tests.support.zone import PASSWORD, TestClock, Zone, open_zone, prove


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def zone(tmp_path: Path, clock: TestClock) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path, clock=clock) as opened:
        yield opened


async def test_the_set_up_link_works_once(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    token = await people.set_up_token()
    assert token
    await people.set_up(token, name="甲", login="first", password=PASSWORD)

    with pytest.raises(BadLink):
        await people.set_up(token, name="乙", login="second", password=PASSWORD)

    assert await people.set_up_token() is None


async def test_two_people_racing_for_the_link_make_one_administrator(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    token = await people.set_up_token()
    assert token

    made = await asyncio.gather(
        *(people.set_up(token, name="甲", login=f"racer{n}", password=PASSWORD) for n in range(4)),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in made) == ["BadLink"] * 3 + ["Person"]


async def test_a_newer_set_up_link_ends_the_older(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    old = await people.set_up_token()
    await people.set_up_token()
    assert old

    with pytest.raises(BadLink):
        await people.check_set_up(old)


async def test_the_set_up_link_expires(zone: Zone, clock: TestClock) -> None:
    people = zone.app[keys.PEOPLE]
    token = await people.set_up_token()
    assert token
    clock.forward(hours=25)

    with pytest.raises(BadLink):
        await people.set_up(token, name="甲", login="late", password=PASSWORD)


async def test_a_set_up_that_fails_leaves_the_link_open(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    token = await people.set_up_token()
    assert token
    forged = replace(prove(Signer("x"), token), public=Signer("y").public.hex())
    with pytest.raises(WeakPassword):
        await people.set_up(token, name="甲", login="first", password="short")
    with pytest.raises(BadKey):
        await people.set_up(token, name="甲", login="first", password=PASSWORD, root=forged)

    assert await people.needs_set_up()
    person = await people.set_up(token, name="甲", login="first", password=PASSWORD)

    assert person.roles == {Role.ADMINISTRATOR}


async def test_an_invitation_is_not_a_set_up_link(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    admin = await zone.set_up()
    _, token = await people.invite(admin, name="乙", login="second", roles=frozenset())

    with pytest.raises(BadLink):
        await people.check_set_up(token)


async def test_an_invited_person_cannot_sign_in_before_accepting(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    admin = await zone.set_up()
    await people.invite(admin, name="乙", login="second", roles=frozenset())

    with pytest.raises(WrongLogin):
        await people.sign_in("second", "", address="127.0.0.1")


async def test_an_invitation_works_once(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    admin = await zone.set_up()
    _, token = await people.invite(admin, name="乙", login="second", roles=frozenset())
    await people.accept(token, password=PASSWORD)

    with pytest.raises(BadLink):
        await people.accept(token, password="another password 1")


async def test_a_login_is_taken_whatever_its_case_and_width(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    admin = await zone.set_up()

    for login in ("admin", " ADMIN ", "ａｄｍｉｎ"):
        with pytest.raises(BadLogin):
            await people.invite(admin, name="乙", login=login, roles=frozenset())
    assert (await people.sign_in("Admin ", PASSWORD, address="a")).id == admin.id


async def test_after_too_many_wrong_passwords_even_the_right_one_waits(
    zone: Zone, clock: TestClock
) -> None:
    people = zone.app[keys.PEOPLE]
    await zone.set_up()
    for _ in range(8):
        with pytest.raises(WrongLogin):
            await people.sign_in("admin", "wrong password", address="192.0.2.1")

    with pytest.raises(TooManyAttempts):
        await people.sign_in("admin", PASSWORD, address="192.0.2.2")
    clock.forward(minutes=16)
    assert (await people.sign_in("admin", PASSWORD, address="192.0.2.2")).login == "admin"


async def test_one_address_cannot_try_many_accounts(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    await zone.set_up()
    for number in range(40):
        with pytest.raises(WrongLogin):
            await people.sign_in(f"guess{number}", "wrong password", address="192.0.2.1")

    with pytest.raises(TooManyAttempts):
        await people.sign_in("admin", PASSWORD, address="192.0.2.1")


async def test_only_the_administrator_manages_people(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    await zone.staff()

    for login in ("drafter", "approver", "officer", "auditor"):
        by = zone.people[login]
        with pytest.raises(Forbidden):
            await people.invite(by, name="丙", login="third", roles=frozenset(Role))
        with pytest.raises(Forbidden):
            await people.set_standing(by, by.id, roles=frozenset(Role), active=True)
        with pytest.raises(Forbidden):
            await people.invite_again(by, zone.people["admin"].id)


async def test_the_last_administrator_cannot_be_removed(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    admin = await zone.set_up()

    for roles, active in ((frozenset({Role.AUDITOR}), True), (admin.roles, False)):
        with pytest.raises(Forbidden):
            await people.set_standing(admin, admin.id, roles=roles, active=active)

    assert (await people.find(admin.id)) == admin


async def test_a_disabled_person_cannot_sign_in(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    drafter = await zone.add("drafter", Role.DRAFTER)
    await people.set_standing(zone.people["admin"], drafter.id, roles=drafter.roles, active=False)

    with pytest.raises(WrongLogin):
        await people.sign_in("drafter", PASSWORD, address="a")


async def test_a_key_is_registered_only_by_who_holds_it(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    approver = await zone.add("approver", Role.APPROVER)
    mine, other = Signer(approver.id), Signer("other")
    challenge = await people.challenge(approver)
    stolen = replace(prove(mine, challenge), public=other.public.hex())

    with pytest.raises(BadKey):
        await people.register_key(approver, stolen)
    await people.register_key(approver, prove(mine, challenge))
    with pytest.raises(BadKey, match="超时"):
        await people.register_key(approver, prove(Signer(approver.id), challenge))
    again = await people.challenge(approver)
    with pytest.raises(BadKey, match="登记过"):
        await people.register_key(approver, prove(mine, again))


async def test_a_challenge_is_for_one_person_and_ten_minutes(zone: Zone, clock: TestClock) -> None:
    people = zone.app[keys.PEOPLE]
    approver = await zone.add("approver", Role.APPROVER)
    second = await zone.add("second", Role.APPROVER)
    challenge = await people.challenge(approver)

    with pytest.raises(BadKey):
        await people.register_key(second, prove(Signer(second.id), challenge))
    clock.forward(minutes=11)
    with pytest.raises(BadKey):
        await people.register_key(approver, prove(Signer(approver.id), challenge))


async def test_a_drafter_gets_no_approval_key_and_an_approver_no_root(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    await zone.staff()
    for login, use in (("drafter", KeyUse.APPROVE), ("approver", KeyUse.ROOT)):
        person = zone.people[login]
        proof = prove(Signer(person.id), await people.challenge(person))
        with pytest.raises(Forbidden):
            await people.register_key(person, proof, use=use)


async def test_no_root_key_is_added_once_a_policy_is_signed(zone: Zone) -> None:
    people, admin = zone.app[keys.PEOPLE], await zone.set_up()
    await zone.sign_policy()
    proof = prove(Signer(admin.id), await people.challenge(admin))

    with pytest.raises(BadKey, match="根密钥"):
        await people.register_key(admin, proof, use=KeyUse.ROOT)
