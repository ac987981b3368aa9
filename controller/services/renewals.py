"""Give a terminal its next certificate before the last one runs out; nobody is locked out half-way.

The next certificate is for the same key, so what waits in the outbox stays signed. Both are good until the next one
is shown for the first time; then it is the terminal's, and the last one is revoked.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from content.errors import PeerError
from controller.broker.pki import ZoneCa, fingerprint
from controller.store import renewals as store
from controller.store import terminals
from controller.store.database import Database
from controller.store.renewals import Renewal
from controller.store.terminals import Happening, HistoryLine, Terminal
from devices.clock import Clock
from devices.wire.pairing import MOST_CSR, fingerprint_of

SOON = timedelta(days=180)
"""Nobody needs the next certificate earlier; terminals ask from ninety days on."""


class Renewals:
    """The use cases of renewal."""

    def __init__(self, *, database: Database, ca: ZoneCa, clock: Clock) -> None:
        self._database = database
        self._ca = ca
        self._clock = clock

    async def renew(self, terminal: Terminal, csr: bytes) -> str:
        """Return the PEM of the certificate that a terminal shall use from now on.

        The one in use, while it lasts; else the next one, the same for every asking until it is used.

        Raises:
            PeerError: not a request for the terminal's own key.
        """
        public = _same_key(terminal, csr)
        now = self._clock.now()
        if _ends(terminal.certificate) - now > SOON:
            return terminal.certificate
        async with self._database.write() as c:
            waiting = await store.find_renewal(c, terminal.id)
            if waiting is not None and _ends(waiting.certificate) - now > SOON:
                return waiting.certificate
            issued = self._ca.certify_device(terminal.id, public, now=now)
            renewal = Renewal(
                terminal.id,
                issued.certificate.decode(),
                fingerprint(issued.certificate),
                issued.serial,
                int(now.timestamp()),
            )
            await store.keep_renewal(c, renewal)
        return renewal.certificate

    async def shown(self, terminal: Terminal, certificate: str) -> Terminal | None:
        """Return the terminal if this fingerprint is its next certificate's, which it thereby is in use.

        Args:
            terminal: as enrolled; it has shown another certificate than that.
            certificate: SHA-256 hex of what was shown.
        """
        async with self._database.read() as c:
            waiting = await store.find_renewal(c, terminal.id)
        if waiting is None or waiting.fingerprint != certificate:
            return None
        return await self._adopt(terminal, waiting)

    async def _adopt(self, terminal: Terminal, renewal: Renewal) -> Terminal:
        now = self._clock.now()
        renewed = replace(
            terminal,
            certificate=renewal.certificate,
            fingerprint=renewal.fingerprint,
            serial=renewal.serial,
        )
        async with self._database.write() as c:
            held = await terminals.find_terminal(c, terminal.id)
            if held is None or held.revoked_at or held.fingerprint != terminal.fingerprint:
                raise PeerError("the terminal was revoked or replaced meanwhile")
            await terminals.change_certificate(c, renewed)
            await store.forget_renewal(c, terminal.id)
            line = HistoryLine(terminal.id, int(now.timestamp()), Happening.RENEWED, renewal.serial)
            await terminals.add_history(c, line)
            self._ca.revoke(terminal.serial, now=now)
        return renewed


def _same_key(terminal: Terminal, csr: bytes) -> EllipticCurvePublicKey:
    if len(csr) > MOST_CSR:
        raise PeerError("the request is too large")
    held = x509.load_pem_x509_certificate(terminal.certificate.encode()).public_key()
    try:
        request = x509.load_pem_x509_csr(csr)
        public = request.public_key()
    except ValueError as error:
        raise PeerError("the request cannot be read") from error
    if not isinstance(public, EllipticCurvePublicKey) or not request.is_signature_valid:
        raise PeerError("the request is not signed by its key")
    if not isinstance(held, EllipticCurvePublicKey) or fingerprint_of(held) != fingerprint_of(
        public
    ):
        raise PeerError("the request is for another key")
    return public


def _ends(certificate: str) -> datetime:
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc
