"""A real broker on a free loopback port, and small clients for it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt

from controller.broker.mosquitto import Mosquitto, find_program
from controller.broker.pki import Issued, ZoneCa
from controller.broker.refusals import RefusedHandshake
from controller.broker.settings import BrokerSettings
from controller.broker.trespass import Trespass
from devices.clock import SystemClock
from tests.support.zone_ca import client_tls, make_ca, wall_now

DEADLINE_S = 15
HAS_MOSQUITTO = find_program("mosquitto") is not None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Zone:
    """A CA, a supervised broker, and what was refused."""

    ca: ZoneCa
    folder: Path
    settings: BrokerSettings
    broker: Mosquitto
    refused: list[RefusedHandshake] = field(default_factory=list)
    trespasses: list[Trespass] = field(default_factory=list)

    def client(self, issued: Issued | None, *, patience_s: float = 5) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1",
            self.settings.port,
            identifier="whatever-it-says",
            protocol=aiomqtt.ProtocolVersion.V311,
            tls_context=client_tls(self.ca, issued, self.folder / "clients"),
            timeout=patience_s,
        )


def settings_of(
    ca: ZoneCa, folder: Path, *, port: int, program: str = "mosquitto"
) -> BrokerSettings:
    broker = folder / "broker"
    broker.mkdir(exist_ok=True)
    server = ca.issue_server(["localhost"], ["127.0.0.1"], now=wall_now())
    certificate, key = server.write(broker, "server")
    return BrokerSettings(
        host="127.0.0.1",
        port=port,
        folder=broker,
        authority=ca.certificate_path,
        revoked=ca.crl_path,
        certificate=certificate,
        key=key,
        program=program,
    )


@asynccontextmanager
async def running_zone(folder: Path, *, program: str = "mosquitto") -> AsyncIterator[Zone]:
    """Supervise a broker inside the block; it may or may not come up."""
    ca = make_ca(folder / "ca")
    settings = settings_of(ca, folder, port=free_port(), program=program)
    refused: list[RefusedHandshake] = []
    trespasses: list[Trespass] = []
    broker = Mosquitto(
        settings=settings,
        clock=SystemClock(),
        on_refused=refused.append,
        on_trespass=trespasses.append,
    )
    task = asyncio.create_task(broker.run())
    try:
        yield Zone(ca, folder, settings, broker, refused, trespasses)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def next_payload(client: aiomqtt.Client) -> bytes:
    """Return the next message's payload, or fail at the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        message = await anext(aiter(client.messages))
    assert isinstance(message.payload, bytes)
    return message.payload


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds, or fail at the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110 - what is waited for is another process
            await asyncio.sleep(0.02)
