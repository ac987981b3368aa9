"""Passwords are kept as argon2id and short or lazy ones are refused."""

import pytest

from controller.auth.passwords import Passwords, WeakPassword
from tests.support.zone import CHEAP, PASSWORD


async def test_the_right_password_is_right_and_another_is_not() -> None:
    passwords = Passwords(CHEAP)
    kept = await passwords.hash(PASSWORD)

    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert await passwords.is_right(kept, PASSWORD)
    assert not await passwords.is_right(kept, PASSWORD + "x")


async def test_an_account_without_password_lets_nobody_in() -> None:
    passwords = Passwords(CHEAP)

    for kept in (None, "", "damaged"):
        assert not await passwords.is_right(kept, "")
        assert not await passwords.is_right(kept, "nobody's password")


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaa", "x" * 300, "lidrafter2026"])
async def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        await Passwords(CHEAP).hash(password, login="lidrafter")
