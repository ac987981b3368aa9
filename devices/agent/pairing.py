"""Pair a fresh home with its controller: make a key, show code and fingerprint, wait for a person, keep the answer.

Nothing that the controller says is believed before its MAC shows that a person typed our code at its desk. The key
never leaves the machine. A power cut at any moment leaves a home that pairs anew or a home that is whole: the
configuration is written last.
"""

import asyncio
import logging
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from content.codes import new_code, show_code
from content.errors import CallerError, PeerError
from devices.agent.about import software_version
from devices.agent.config import Home, from_toml
from devices.wire.pairing import (
    LASTS_S,
    Bundle,
    PairingAnswer,
    PairingRequest,
    PairingState,
    PairingTicket,
    Secrets,
    derive,
    fingerprint_of,
    show_fingerprint,
)

logger = logging.getLogger(__name__)

ASK_S = 3.0
AWAY_S = 10.0
TIMEOUT_S = 15
MOST_ANSWER = 256 * 1024
T = TypeVar("T")


class BadController(CallerError):
    """The address given is not one that a controller can have."""


class NotTrusted(PeerError):
    """The answer was not made by somebody who knew our code, or is not for our key."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the keeper at the terminal reads out: code and fingerprint, in groups."""

    code: str
    fingerprint: str

    @property
    def sentence(self) -> str:
        """Words for the console and the screen."""
        return (
            f"配对码：{self.code}\n密钥指纹：{self.fingerprint}\n"
            "请管理员在工作台“终端 → 配对新终端”中核对指纹，并输入配对码。半小时内有效，过期会自动换新码。"
        )


Show = Callable[[Shown], None]


def is_paired(home: Home) -> bool:
    """Say whether the home has what a terminal starts from."""
    return home.config.is_file() and home.certificate.is_file()


def check_address(address: str) -> str:
    """Return the controller's address without a slash at the end.

    Raises:
        BadController: not https, and not this machine itself.
    """
    parts = urlsplit(address)
    is_here = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
        raise BadController(f"控制端地址“{address}”不能使用，请填写 https:// 开头的网址。")
    return address.rstrip("/")


async def pair(home: Home, address: str, *, show: Show) -> None:
    """Stay until the home is paired. A controller that is away is asked again and again.

    Args:
        home: a fresh home; a key that an earlier try left is used again.
        address: the controller's public address.
        show: is told what the keeper reads out, each time it changes.

    Raises:
        BadController: the address cannot be one.
    """
    address = check_address(address)
    home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = _own_key(home)
    connector = aiohttp.TCPConnector(ssl=_any_certificate())
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        while not await _one_code(_Way(session, address), home, key=key, show=show):
            pass


@dataclass(frozen=True, slots=True)
class _Way:
    session: aiohttp.ClientSession
    address: str

    async def ask(
        self, method: str, path: str, kind: type[T], *, body: object = None, gone: T | None = None
    ) -> T | None:
        """Return the answer, None if there is none now, `gone` if there never will be one."""
        try:
            async with self.session.request(
                method,
                self.address + path,
                json=msgspec.to_builtins(body) if body is not None else None,
                allow_redirects=False,
            ) as response:
                if not response.ok:
                    logger.warning("pairing not answered", extra={"status": response.status})
                    return gone if response.status == HTTPStatus.NOT_FOUND else None
                return msgspec.json.decode(await _read(response), type=kind)
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.MsgspecError) as error:
            logger.warning("pairing not possible now", extra={"why": type(error).__name__})
            return None


async def _one_code(way: _Way, home: Home, *, key: ec.EllipticCurvePrivateKey, show: Show) -> bool:
    """Live through one code; say whether the home is paired now."""
    code, fingerprint = new_code(), fingerprint_of(key.public_key())
    secrets = await asyncio.to_thread(derive, code, fingerprint)
    asked = PairingRequest(_csr(key), secrets.check, software_version())
    ticket = await way.ask("POST", "/pair", PairingTicket, body=asked)
    if ticket is None:
        await asyncio.sleep(AWAY_S)
        return False
    show(Shown(show_code(code), show_fingerprint(fingerprint)))
    over = PairingAnswer(PairingState.EXPIRED)
    for _ in range(int(LASTS_S / ASK_S)):
        await asyncio.sleep(ASK_S)
        answer = await way.ask("GET", f"/pair/{ticket.ticket}", PairingAnswer, gone=over)
        match answer.state if answer is not None else PairingState.WAITING:
            case PairingState.WAITING:
                continue
            case PairingState.ACCEPTED if answer is not None:
                return _adopted(answer, home, key=key, secrets=secrets)
            case _:
                return False
    return False


async def _read(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for piece in response.content.iter_any():
        data += piece
        if len(data) > MOST_ANSWER:
            raise aiohttp.ClientPayloadError("answer is too large")
    return bytes(data)


def _adopted(
    answer: PairingAnswer, home: Home, *, key: ec.EllipticCurvePrivateKey, secrets: Secrets
) -> bool:
    try:
        adopt(answer, home, key=key, secrets=secrets)
    except (NotTrusted, CallerError):
        logger.exception("pairing refused")
        return False
    return True


def adopt(
    answer: PairingAnswer, home: Home, *, key: ec.EllipticCurvePrivateKey, secrets: Secrets
) -> None:
    """Check an answer and write the home.

    Raises:
        NotTrusted: its MAC is not of our code, or its certificate not for our key.
    """
    if not secrets.is_good(answer.bundle, answer.mac):
        raise NotTrusted("who answered does not know the pairing code")
    try:
        bundle = msgspec.json.decode(answer.bundle, type=Bundle)
        certificate = x509.load_pem_x509_certificate(bundle.certificate.encode())
    except (msgspec.MsgspecError, ValueError) as error:
        raise NotTrusted("the bundle cannot be read") from error
    public = certificate.public_key()
    ours = fingerprint_of(key.public_key())
    if not isinstance(public, ec.EllipticCurvePublicKey) or fingerprint_of(public) != ours:
        raise NotTrusted("the certificate is not for our key")
    from_toml(bundle.terminal)
    write_private(home.authority, bundle.authority.encode())
    write_private(home.certificate, bundle.certificate.encode())
    write_private(home.config, bundle.terminal.encode())


def write_private(path: Path, data: bytes) -> None:
    """Put a file of this user's own in its place, whole or not at all, also in a power cut."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def csr_of(key: ec.EllipticCurvePrivateKey, name: str) -> str:
    """Return the PEM of a certificate request of this name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    return request.public_bytes(Encoding.PEM).decode()


def _csr(key: ec.EllipticCurvePrivateKey) -> str:
    return csr_of(key, "pairing")


def _own_key(home: Home) -> ec.EllipticCurvePrivateKey:
    if home.key.is_file():
        held = load_pem_private_key(home.key.read_bytes(), password=None)
        if isinstance(held, ec.EllipticCurvePrivateKey):
            return held
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(home.key, pem)
    return key


def _any_certificate() -> ssl.SSLContext:
    # Nothing is believed because of TLS here: the zone's own authority is what we are about to learn. The MAC
    # over the answer, keyed by the code that a person carried, is what proves the other side.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
