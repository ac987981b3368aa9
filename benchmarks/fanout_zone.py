"""The controller, the enrolled fleet and the bare probe of benchmarks.fanout."""

import os
import random
import signal
import ssl
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiomqtt

from content.feed.entry import line_to_bytes
from content.replica.writer import open_writer
from controller import keys
from controller.broker.pki import ZoneCa
from controller.enrol import enrol_terminal
from controller.services.terminals import Terminals
from devices.agent.config import Address, TerminalConfig
from devices.clock import SystemClock
from tests.support.mosquitto import free_port, until
from tests.support.signers import ZoneKeys, document
from tests.support.zone import NOTICE, Zone, open_zone

if TYPE_CHECKING:
    from controller.broker.trespass import Trespass

BARE = "z/1/bare"
PROBE = "bench-probe"
TEXT = 560
"""Characters of a document whose signed line has 2 KB."""
APPLIES = 60


@dataclass(frozen=True)
class Signing:
    """A document that waits for its last signature, and the sequence that it will have."""

    sequence: int
    sign: Callable[[], Awaitable[object]]


class FleetZone:
    """A controller with its broker, and the homes of a fleet."""

    def __init__(self, zone: Zone, folder: Path) -> None:
        self.zone = zone
        self.homes = folder / "homes"
        self.feed = zone.app[keys.CONFIG].main_feed
        self.sequence = 0
        self._config = zone.app[keys.CONFIG]
        self._ca = ZoneCa(self._config.state / "ca")
        self._tls = ssl.create_default_context(cafile=str(self._ca.certificate_path))
        self._excuse_bare()

    def _excuse_bare(self) -> None:
        """Do not report each terminal for the topic of the bare exchange, which is on no terminal's list."""
        broker = getattr(self.zone.app[keys.PUSH], "_broker")  # noqa: B009 - the harness stands behind the wing
        told: Callable[[Trespass], None] = getattr(broker, "_on_trespass")  # noqa: B009
        setattr(broker, "_on_trespass", lambda one: None if one.topic == BARE else told(one))  # noqa: B010

    @property
    def terminals(self) -> Terminals:
        """The service under measurement."""
        return self.zone.app[keys.TERMINALS]

    def broker_pid(self) -> int:
        """Return the process of our mosquitto."""
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
        return next(int(one) for one in children if _name(one) == "mosquitto")

    def probe(self) -> aiomqtt.Client:
        """Return the controller's own MQTT library as a stranger of its own."""
        return aiomqtt.Client(
            "127.0.0.1",
            self._config.broker.port,
            identifier=PROBE,
            protocol=aiomqtt.ProtocolVersion.V311,
            tls_context=self._tls,
            timeout=30,
        )

    async def line(self, sequence: int) -> bytes:
        """Return a published line as it goes over the wire."""
        (line,) = await self.zone.app[keys.FEED_LOG].page(self.feed, sequence, limit=1)
        return line

    async def enrol(self, count: int) -> None:
        """Make the homes, and let them in together with the probe."""
        app = self.zone.app
        for number in range(1, count + 1):
            name = f"sim-{number:05}"
            await enrol_terminal(
                ca=self._ca,
                database=app[keys.DATABASE],
                terminal=await self._terminal(name),
                out=self.homes / name,
                now=SystemClock().now(),
            )
        access = self._config.state / "broker" / "acl"
        await until(lambda: f"user {name}\n" in access.read_text())
        bare = f"topic readwrite {BARE}\ntopic read z/1/d/+/bare"
        patterns = f"pattern read {BARE}\npattern write z/1/d/%u/bare"
        access.write_text(f"{access.read_text()}\nuser {PROBE}\n{bare}\n\n{patterns}\n")
        os.kill(self.broker_pid(), signal.SIGHUP)
        issued = self._ca.issue_device(PROBE, now=SystemClock().now())
        self._tls.load_cert_chain(*issued.write(self.homes.parent, PROBE))

    async def _terminal(self, name: str) -> TerminalConfig:
        app, config = self.zone.app, self._config
        return TerminalConfig(
            id=name,
            zone=config.zone,
            site=f"示例村{name}",
            region=config.region,
            attended=False,
            feeds=config.all_feeds,
            public_url=config.public_url,
            broker=Address(host="localhost", port=config.broker.port),
            api_url=f"https://localhost:{config.api.port}",
            seal_key=app[keys.KEYRING].seal_public,
            root=await app[keys.POLICIES].root(),
            screens=("signage-1",),
        )


@asynccontextmanager
async def open_fleet_zone(folder: Path, *, count: int) -> AsyncIterator[FleetZone]:
    """Run a controller and enrol a fleet at it; one document is published already."""
    state = folder / "zone"
    state.mkdir()
    ports = {"broker": {"port": free_port()}, "api": {"port": free_port()}}
    async with open_zone(state, clock=SystemClock(), **ports) as zone:
        assert zone.app[keys.PUSH].problems == (), zone.app[keys.PUSH].problems
        await zone.staff()
        fleet = FleetZone(zone, folder)
        await (await publish(fleet)).sign()
        began = time.perf_counter()
        await fleet.enrol(count)
        print(f"{count} terminals enrolled in {time.perf_counter() - began:.1f} s")
        yield fleet


async def publish(fleet: FleetZone) -> Signing:
    """Bring a document as far as its last signature."""
    text = rare_text(fleet.sequence)
    title = f"示范县人民政府办公室关于第{fleet.sequence + 1}号事项的通知"
    submitted = await fleet.zone.submitted(text=(title, *NOTICE[1:3], text, *NOTICE[6:]))
    fleet.sequence += 1
    return Signing(fleet.sequence, lambda: fleet.zone.sign("approver", submitted.id))


def rare_text(seed: int) -> str:
    """Return characters that hardly compress, the same for the same seed."""
    lottery = random.Random(seed)  # noqa: S311 - no secret
    return "".join(chr(lottery.randrange(0x4E00, 0x9000)) for _ in range(TEXT))


def rss_kib(pid: int) -> int:
    """Return the memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def apply_cost_ms(folder: Path) -> float:
    """Return the median milliseconds in which one terminal verifies and applies one entry of 2 KB."""
    zone = ZoneKeys()
    writer = open_writer(folder / "cost.db", zone.trust_root)
    writer.accept_policy(zone.policy().to_bytes())
    taken: list[float] = []
    for number in range(APPLIES):
        text, title = rare_text(number), f"第{number}号通知"
        line = zone.publish(document(f"D{number:09}", text=text, title=title))
        assert len(line_to_bytes(line)) > 1_500
        began = time.perf_counter()
        writer.apply(line.link.feed, [line], now=1_790_000_000)
        taken.append((time.perf_counter() - began) * 1000)
    writer.close()
    return statistics.median(taken)


def _name(pid: str) -> str:
    return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
