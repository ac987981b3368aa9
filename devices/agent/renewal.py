"""Ask for the next certificate before the last one runs out; the key stays.

A power cut at any moment leaves one good certificate in the home: the new one takes the old one's place in one step,
and the controller takes both until it has seen the new one.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from devices.agent import sentences
from devices.agent.config import Home
from devices.agent.faults import FaultBook
from devices.agent.pairing import csr_of, write_private
from devices.agent.ports import Unreachable
from devices.clock import Clock

logger = logging.getLogger(__name__)

EARLY = timedelta(days=90)
URGENT = timedelta(days=30)
LOOK_S = 6 * 3600.0
FIRST_LOOK_S = 20.0
FAULT = "certificate_ends"


class NotOurs(Exception):
    """What was answered is not this terminal's next certificate."""


class Renewals:
    """Looks at the certificate from time to time. `run` it as a task.

    Args:
        home: where it is.
        ask: hands the controller a certificate request and returns the certificate, PEM.
        adopt: makes connections show the new certificate, and shows it once.
        faults: where an end that comes near is noted.
        clock: says what time it is.
    """

    def __init__(
        self,
        home: Home,
        *,
        ask: Callable[[bytes], Awaitable[bytes]],
        adopt: Callable[[], Awaitable[None]],
        faults: FaultBook,
        clock: Clock,
    ) -> None:
        self._home = home
        self._ask = ask
        self._adopt = adopt
        self._faults = faults
        self._clock = clock

    async def run(self) -> None:
        """Look for ever."""
        await asyncio.sleep(FIRST_LOOK_S)
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Renew if it is time."""
        held = x509.load_pem_x509_certificate(self._home.certificate.read_bytes())
        left = held.not_valid_after_utc - self._clock.now()
        if left <= EARLY and await self._renew(held):
            self._faults.clear(FAULT, "certificate")
        elif left <= URGENT:
            self._faults.note(FAULT, "certificate", sentences.certificate_ends(max(left.days, 0)))

    async def _renew(self, held: x509.Certificate) -> bool:
        key = load_pem_private_key(self._home.key.read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            return False
        try:
            answer = await self._ask(csr_of(key, "renewal").encode())
            self._check(answer, held)
        except (Unreachable, NotOurs, ValueError, InvalidSignature) as error:
            logger.warning("certificate not renewed", extra={"why": type(error).__name__})
            return False
        write_private(self._home.certificate, answer)
        logger.info("certificate renewed")
        await self._adopt()
        return True

    def _check(self, answer: bytes, held: x509.Certificate) -> None:
        fresh = x509.load_pem_x509_certificate(answer)
        authority = x509.load_pem_x509_certificate(self._home.authority.read_bytes())
        fresh.verify_directly_issued_by(authority)
        is_ours = fresh.public_key() == held.public_key() and fresh.subject == held.subject
        if not is_ours or fresh.not_valid_after_utc <= held.not_valid_after_utc:
            raise NotOurs


def show_anew(tls: ssl.SSLContext, home: Home) -> None:
    """Let new connections of a TLS context show what is in the home now."""
    tls.load_cert_chain(str(home.certificate), str(home.key))
