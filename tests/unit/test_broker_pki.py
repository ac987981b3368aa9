"""The zone's own authority."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from controller.broker.pki import BadDeviceId, ZoneCa, check_device_id, fingerprint
from tests.support.hand_clock import START
from tests.support.zone_ca import make_ca


def test_the_authority_of_the_first_start_is_found_again(tmp_path: Path) -> None:
    first = make_ca(tmp_path / "ca")

    second = ZoneCa.open_or_create(tmp_path / "ca", zone="another", now=START + timedelta(days=9))

    assert second.certificate == first.certificate


def test_keys_and_their_folder_are_private(tmp_path: Path) -> None:
    ca = make_ca(tmp_path / "ca")
    _, key = ca.issue_device("hall-1", now=START).write(tmp_path, "client")

    assert stat.S_IMODE((tmp_path / "ca").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "ca" / "ca.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_first_start_cut_off_before_the_key_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca" / "ca.crt").write_text("half")

    ca = make_ca(tmp_path / "ca")

    assert ca.certificate.startswith(b"-----BEGIN CERTIFICATE-----")


def test_a_device_certificate_names_the_device_and_is_no_server(tmp_path: Path) -> None:
    issued = make_ca(tmp_path / "ca").issue_device("hall-1", now=START)

    certificate = x509.load_pem_x509_certificate(issued.certificate)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value

    assert certificate.subject.rfc4514_string() == "CN=hall-1"
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


@pytest.mark.parametrize(
    "device", ["", "controller", "a/b", "a+", "#", "A1", "-a", "a-", "a b", "a\n", "a" * 41, "终端"]
)
def test_a_name_that_means_something_elsewhere_is_refused(device: str) -> None:
    with pytest.raises(BadDeviceId, match="小写字母"):
        check_device_id(device)


def test_every_certificate_is_in_the_log_of_issued_ones(tmp_path: Path) -> None:
    ca = make_ca(tmp_path / "ca")
    issued = [ca.issue_device("hall-1", now=START), ca.issue_server(["localhost"], [], now=START)]

    log = (tmp_path / "ca" / "issued.jsonl").read_text()

    assert all(f'"{one.serial}"' in log for one in issued)


def test_a_revoked_serial_is_on_the_list_after_a_restart_too(tmp_path: Path) -> None:
    ca = make_ca(tmp_path / "ca")
    first, second = (ca.issue_device("hall-1", now=START) for _ in range(2))

    ca.revoke(first.serial, now=START)
    again = make_ca(tmp_path / "ca")
    again.revoke(second.serial, now=START)
    again.revoke(second.serial, now=START)

    crl = x509.load_pem_x509_crl(again.crl_path.read_bytes())
    assert {f"{one.serial_number:x}" for one in crl} == {first.serial, second.serial}


def test_two_certificates_of_one_name_have_two_fingerprints(tmp_path: Path) -> None:
    ca = make_ca(tmp_path / "ca")
    first, second = (ca.issue_device("hall-1", now=START) for _ in range(2))

    assert fingerprint(first.certificate) != fingerprint(second.certificate)
