"""The controller's secrets are private files, whole or not at all, and never made anew over old data."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from content.feed.keys import is_signed, key_id
from controller.services.keyring import KeyringError, open_keyring


def test_keys_stay_the_same_over_a_restart(tmp_path: Path) -> None:
    first = open_keyring(tmp_path / "keys", may_make=True)

    assert open_keyring(tmp_path / "keys", may_make=False) == first


def test_key_files_are_private(tmp_path: Path) -> None:
    open_keyring(tmp_path / "keys", may_make=True)

    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}

    assert modes == {0o600}


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    open_keyring(tmp_path, may_make=True)
    (tmp_path / "log.key").chmod(0o644)

    with pytest.raises(KeyringError, match="chmod 600"):
        open_keyring(tmp_path, may_make=False)


def test_a_missing_key_is_not_made_anew_where_there_are_data(tmp_path: Path) -> None:
    open_keyring(tmp_path, may_make=True)
    (tmp_path / "rest.key").unlink()

    with pytest.raises(KeyringError, match=r"rest\.key"):
        open_keyring(tmp_path, may_make=False)


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    open_keyring(tmp_path, may_make=True)
    (tmp_path / "seal.key").write_text("abc", "ascii")

    with pytest.raises(KeyringError, match="损坏"):
        open_keyring(tmp_path, may_make=False)


def test_secrets_are_not_in_the_representation(tmp_path: Path) -> None:
    ring = open_keyring(tmp_path, may_make=True)

    assert repr(ring) == "Keyring()"


def test_what_rests_is_bound_to_its_row(tmp_path: Path) -> None:
    ring = open_keyring(tmp_path, may_make=True)
    locked = ring.lock("姓名".encode(), about="AAAAAAAAAA")

    assert ring.unlock(locked, about="AAAAAAAAAA").decode() == "姓名"
    with pytest.raises(InvalidTag):
        ring.unlock(locked, about="BBBBBBBBBB")
    assert locked != ring.lock("姓名".encode(), about="AAAAAAAAAA")


def test_the_log_key_signs_as_the_policy_names_it(tmp_path: Path) -> None:
    ring = open_keyring(tmp_path, may_make=True)
    public = bytes.fromhex(ring.log_public)

    assert is_signed(public, ring.sign_log(b"link"), b"link")
    assert ring.log_key_id == key_id(public)
