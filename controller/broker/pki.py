"""Be the zone's own certificate authority: made at first start, kept in `state/ca`.

A terminal's certificate is its identity everywhere (wire.md 0.4): common name = MQTT user = topic level 3.
Whether a certificate is still welcome is asked twice: of the revocation list by the broker, of the store by
the device API.
"""

import ipaddress
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from content.errors import CallerError
from controller.broker.private_files import read_lines, write_private

CA_YEARS = 20
DEVICE_YEARS = 5
SERVER_YEARS = 2
BACKDATED = timedelta(days=1)
"""A terminal's clock may be behind; a fresh certificate must not look unborn to it."""
CONTROLLER = "controller"
"""Common name of the controller itself at its own broker; no terminal may be called so."""
MOMENT = timedelta(minutes=10)


def _years(count: int) -> timedelta:
    return timedelta(days=round(365.25 * count))


_LASTS = {"server": _years(SERVER_YEARS), "moment": MOMENT}
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


class BadDeviceId(CallerError):
    """Not a name that may stand in a topic, an access list and a certificate."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key in PEM; `serial` in hex as the log and the revocation list name it."""

    certificate: bytes
    key: bytes
    serial: str
    until: int

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write NAME.crt and NAME.key (0600) and return their paths."""
        certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
        write_private(certificate, self.certificate)
        write_private(key, self.key)
        return certificate, key


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whom a certificate names, and what it is good for."""

    name: str
    kind: str
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH
    extensions: tuple[x509.ExtensionType, ...] = ()


def check_device_id(device: str) -> str:
    """Return the id if it is lower-case letters, digits and inner hyphens, at most 40.

    Raises:
        BadDeviceId: with what to do.
    """
    if device == CONTROLLER or not _ID.fullmatch(device):
        raise BadDeviceId(
            f"终端编号“{device}”不能使用。请用 1 至 40 个小写字母、数字和连字符，"
            f"首尾不用连字符，也不要用“{CONTROLLER}”。"
        )
    return device


class ZoneCa:
    """The authority of one zone, over the files of one folder."""

    def __init__(self, folder: Path) -> None:
        """Load what `open_or_create` made."""
        self._folder = folder
        self._certificate = x509.load_pem_x509_certificate(self.certificate_path.read_bytes())
        key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CallerError("证书机构的密钥文件 ca/ca.key 不是本系统生成的，请从备份恢复。")
        self._key = key

    @classmethod
    def open_or_create(cls, folder: Path, *, zone: str, now: datetime) -> "ZoneCa":
        """Load the zone's authority, or make it if this folder has none yet."""
        if not (folder / "ca.key").exists():
            _make_authority(folder, zone=zone, now=now)
        ca = cls(folder)
        if not ca.crl_path.exists():
            ca._write_crl({}, now=now)
        return ca

    @property
    def certificate_path(self) -> Path:
        """The file that terminals and the broker trust."""
        return self._folder / "ca.crt"

    @property
    def crl_path(self) -> Path:
        """The revocation list, PEM; always there, at first empty."""
        return self._folder / "crl.pem"

    @property
    def certificate(self) -> bytes:
        """PEM of the authority's certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue_device(self, device: str, *, now: datetime) -> Issued:
        """Issue a terminal's certificate; good as a client alone, so it can never pose as the zone."""
        return self._issue(_Subject(check_device_id(device), "device"), now=now)

    def issue_moment(self, device: str, *, now: datetime) -> Issued:
        """Issue a certificate in a terminal's name for some minutes, for the controller's own hand alone."""
        return self._issue(_Subject(check_device_id(device), "moment"), now=now)

    def certify_device(
        self, device: str, public: ec.EllipticCurvePublicKey, *, now: datetime
    ) -> Issued:
        """Issue a certificate for a key that the terminal made itself; `key` of the answer is empty."""
        return self._certify(_Subject(check_device_id(device), "device"), public=public, now=now)

    def issue_controller(self, *, now: datetime) -> Issued:
        """Issue the controller's own identity at the broker."""
        return self._issue(_Subject(CONTROLLER, "controller"), now=now)

    def issue_server(self, names: Iterable[str], ips: Iterable[str], *, now: datetime) -> Issued:
        """Issue a listener's certificate for these host names and addresses."""
        hosts = tuple(dict.fromkeys(names))
        alternatives: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
        alternatives += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in dict.fromkeys(ips)]
        common_name = hosts[0] if hosts else "server"
        server = _Subject(
            common_name,
            "server",
            ExtendedKeyUsageOID.SERVER_AUTH,
            (x509.SubjectAlternativeName(alternatives),),
        )
        return self._issue(server, now=now)

    def revoke(self, serial: str, *, now: datetime) -> None:
        """Put a certificate on the revocation list; the broker must be told to read it again."""
        revoked = {entry["serial"]: entry["at"] for entry in read_lines(self._revocations)}
        if serial in revoked:
            return
        at = int(now.timestamp())
        _append(self._revocations, {"serial": serial, "at": at})
        # Read again: another process may have revoked somebody in between.
        self._write_crl(
            {one["serial"]: one["at"] for one in read_lines(self._revocations)}, now=now
        )

    @property
    def _revocations(self) -> Path:
        return self._folder / "revoked.jsonl"

    def _issue(self, subject: "_Subject", *, now: datetime) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        return replace(self._certify(subject, public=key.public_key(), now=now), key=_key_pem(key))

    def _certify(
        self, subject: "_Subject", *, public: ec.EllipticCurvePublicKey, now: datetime
    ) -> Issued:
        lasts = _LASTS.get(subject.kind, _years(DEVICE_YEARS))
        builder = _builder(subject.name, self._certificate.subject, public, now, lasts)
        for extension in subject.extensions:
            builder = builder.add_extension(extension, critical=False)
        builder = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([subject.usage]), critical=False)
            .add_extension(_authority_id(self._key), critical=False)
        )
        certificate = builder.sign(self._key, hashes.SHA256())
        issued = Issued(
            certificate.public_bytes(serialization.Encoding.PEM),
            b"",
            f"{certificate.serial_number:x}",
            int(certificate.not_valid_after_utc.timestamp()),
        )
        # Written before anybody gets the certificate: what is not in this log was not issued by us.
        line: dict[str, str | int] = {
            "serial": issued.serial,
            "cn": subject.name,
            "kind": subject.kind,
            "at": int(now.timestamp()),
        }
        _append(self._folder / "issued.jsonl", line)
        return issued

    def _write_crl(self, revoked: dict[str, int], *, now: datetime) -> None:
        # OpenSSL refuses every client once the list itself is out of date, so it lives as long as the authority.
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(now.astimezone(UTC) - BACKDATED)
            .next_update(self._certificate.not_valid_after_utc)
            .add_extension(x509.CRLNumber(len(revoked) + 1), critical=False)
            .add_extension(_authority_id(self._key), critical=False)
        )
        for serial, at in revoked.items():
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(int(serial, 16))
                .revocation_date(datetime.fromtimestamp(at, UTC))
                .build()
            )
        crl = builder.sign(self._key, hashes.SHA256())
        write_private(self.crl_path, crl.public_bytes(serialization.Encoding.PEM))


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 hex of a certificate, given in PEM."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex()


def _make_authority(folder: Path, *, zone: str, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = f"Disclosure Zone {zone}"[:64]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, subject, key.public_key(), now, _years(CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(folder / "ca.crt", certificate.public_bytes(serialization.Encoding.PEM))
    # The key last: its being there says that the authority is complete.
    write_private(folder / "ca.key", _key_pem(key))


def _builder(
    name: str,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    lasts: timedelta,
) -> x509.CertificateBuilder:
    start = now.astimezone(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - BACKDATED)
        .not_valid_after(start + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _authority_id(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _append(path: Path, line: Mapping[str, str | int]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
