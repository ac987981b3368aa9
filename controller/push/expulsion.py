"""Close the links of terminals that are not welcome any more, at the broker and at the device API.

The revocation list keeps a terminal out, but says nothing to a link that stands. A broker gives a client id to the
newest connection that may use it, and ids are certificate names (wire.md 0.4): so the controller, who is the
authority, connects once in the terminal's name with a certificate of some minutes, and the old link ends. That
needs nothing of a broker that MQTT 3.1.1 does not promise.
"""

import asyncio
import logging
import ssl
import tempfile
from asyncio import Transport
from collections.abc import Iterable, Mapping
from pathlib import Path

import aiomqtt

from controller.broker.pki import Issued, ZoneCa
from controller.push.broker_link import heed_cancellation
from devices.clock import Clock

logger = logging.getLogger(__name__)

ANSWER_S = 5.0


class OpenLinks:
    """The connections of the device API, by device and the fingerprint that was shown."""

    def __init__(self) -> None:
        self._links: dict[str, list[tuple[str, Transport]]] = {}

    def note(self, device: str, fingerprint: str, transport: Transport) -> None:
        """Remember a connection until it closes."""
        standing = [one for one in self._links.get(device, []) if not one[1].is_closing()]
        if all(one is not transport for _, one in standing):
            standing.append((fingerprint, transport))
        self._links[device] = standing

    def close_all_but(self, welcome: Mapping[str, str], devices: Iterable[str]) -> None:
        """Cut the connections of these devices that showed another fingerprint than the welcome one."""
        for device in devices:
            for fingerprint, transport in self._links.pop(device, []):
                if welcome.get(device) == fingerprint:
                    self.note(device, fingerprint, transport)
                else:
                    transport.abort()


class Expulsion:
    """Ends links at one broker, or one node (host, port) of a cluster."""

    def __init__(self, *, ca: ZoneCa, node: tuple[str, int], clock: Clock) -> None:
        self._ca = ca
        self._node = node
        self._clock = clock

    async def expel(self, device: str) -> None:
        """End the standing link of a terminal; one without a link is left in peace.

        What goes wrong is logged: the terminal can say nothing that is heard any more, either way.
        """
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._take_over(device)
        except (aiomqtt.MqttError, OSError, TimeoutError) as error:
            heed_cancellation()
            extra = {"device": device, "why": type(error).__name__}
            logger.warning("link could not be closed", extra=extra)
            return
        heed_cancellation()
        logger.info("link closed", extra={"device": device})

    async def _take_over(self, device: str) -> None:
        issued = self._ca.issue_moment(device, now=self._clock.now())
        client = aiomqtt.Client(
            *self._node,
            identifier=device,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            tls_context=await asyncio.to_thread(self._tls, issued),
            timeout=ANSWER_S,
        )
        async with client:
            pass

    def _tls(self, issued: Issued) -> ssl.SSLContext:
        tls = ssl.create_default_context(cafile=str(self._ca.certificate_path))
        # OpenSSL reads keys from files only; these are gone when this returns.
        with tempfile.TemporaryDirectory() as folder:
            tls.load_cert_chain(*issued.write(Path(folder), "moment"))
        return tls


class Doors:
    """Several brokers' doors: a terminal may stand at any of them."""

    def __init__(self, doors: Iterable[Expulsion]) -> None:
        self._doors = tuple(doors)

    async def expel(self, device: str) -> None:
        """End the standing links of a terminal, wherever they are."""
        await asyncio.gather(*(door.expel(device) for door in self._doors))
