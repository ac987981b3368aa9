"""A real controller with its broker and some real agents, each behind cables of its own, all ready to be killed."""

import asyncio
import os
import signal
import sqlite3
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from content.feed.policy import TrustRoot
from content.requests.form import ApplicantKind, DeliveryWay, RequestForm, SupplyForm
from controller import keys
from controller.broker.pki import ZoneCa
from controller.commands.offline import offline
from controller.config import load_config
from controller.enrol import enrol_terminal
from devices.agent.config import Address, Home, TerminalConfig
from devices.clock import SystemClock
from devices.ipc.client import UiClient
from devices.ipc.messages import Submit, Submitted
from tests.support.cable import Cable
from tests.support.processes import Program
from tests.support.running_zone import REGION, free_ports

FORM = RequestForm(
    ApplicantKind.PERSON,
    "测试甲",
    "000000000000000000",
    "000-0000",
    "示例局",
    "示例文件",
    SupplyForm.PAPER,
    DeliveryWay.PICK_UP,
)
ANSWER_S = 2.0
START_S = 60.0
GRAIN_S = 0.02


class Terminal:
    """One agent process, its cables, and a kiosk's socket to it."""

    def __init__(self, home: Home, cables: tuple[Cable, Cable]) -> None:
        self.home = home
        self.cables = cables
        self.kept: list[str] = []
        self.program: Program | None = None
        self._ui = UiClient(home.socket, ui="kiosk")
        self._ui.start()

    @property
    def name(self) -> str:
        return self.home.path.name

    async def start(self) -> None:
        """Start the agent; it is ready when this returns."""
        self.program = Program.python(
            self.name, "-m", "devices", "agent", "--home", str(self.home.path)
        )
        await asyncio.to_thread(self.program.wait_line, "agent ready", timeout=START_S)

    async def kill(self) -> None:
        """Cut its power, and switch it on again."""
        assert self.program is not None
        await asyncio.to_thread(self.program.kill)
        await self.start()

    async def submit(self) -> None:
        """Hand in one request as a kiosk does: the same key again, until the agent says that it is kept."""
        key = uuid.uuid4().hex
        message = Submit(key=key, form=msgspec.to_builtins(FORM))
        while True:
            if self._ui.send(message) and await self._is_kept(key):
                self.kept.append(f"{self.name}-{key}")
                return
            await asyncio.sleep(GRAIN_S)

    async def _is_kept(self, key: str) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                while self._ui.connected:
                    for said in self._ui.drain():
                        if isinstance(said, Submitted) and said.key == key:
                            assert not said.error, said.error
                            return True
                    await asyncio.sleep(GRAIN_S)
        return False

    def waiting(self) -> int:
        """Return how many envelopes the agent still keeps."""
        with closing(sqlite3.connect(f"file:{self.home.store}?mode=ro", uri=True)) as store:
            return int(store.execute("SELECT count(*) FROM outbox").fetchone()[0])

    async def stop(self) -> None:
        await asyncio.to_thread(self._ui.stop)
        if self.program is not None:
            await asyncio.to_thread(self.program.stop)
        for cable in self.cables:
            cable.close()


@dataclass
class ChaosZone:
    """The whole of it."""

    folder: Path
    https_only: bool = False
    terminals: list[Terminal] = field(default_factory=list)
    controller: Program | None = None

    def __post_init__(self) -> None:
        web, self.api, self.broker = free_ports(3)
        self.state.mkdir(parents=True)
        lines = (
            'zone = "测试县政务公开专区"',
            f'region = "{REGION}"',
            f'public_url = "http://127.0.0.1:{web}"',
            *("[web]", f"port = {web}"),
            *("[api]", f"port = {self.api}"),
            *("[broker]", f"port = {self.broker}"),
        )
        (self.state / "zone.toml").write_text("\n".join(lines) + "\n", "utf-8")

    @property
    def state(self) -> Path:
        return self.folder / "zone"

    async def open(self, terminals: int) -> None:
        """Enrol terminals and start everything."""
        await self._enrol(terminals)
        await self.start_controller()
        await asyncio.gather(*(one.start() for one in self.terminals))

    async def start_controller(self) -> None:
        self.controller = Program.python(
            "controller", "-m", "controller", "serve", "--state", str(self.state)
        )
        await asyncio.to_thread(self.controller.wait_line, "/desk", timeout=START_S)

    async def kill_controller(self) -> None:
        assert self.controller is not None
        await asyncio.to_thread(self.controller.kill)
        await self.start_controller()

    async def kill_broker(self) -> None:
        """Kill the controller's broker once it runs; the controller starts the next."""
        assert self.controller is not None
        async with asyncio.timeout(START_S):
            while (pid := child_of(self.controller.pid, "mosquitto")) is None:  # noqa: ASYNC110 - /proc tells nobody
                await asyncio.sleep(GRAIN_S)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    async def close(self) -> None:
        await asyncio.gather(*(one.stop() for one in self.terminals))
        if self.controller is not None:
            await asyncio.to_thread(self.controller.stop)

    def outputs(self) -> str:
        """Return the tail of what every process said, for a failure's message."""
        programs = [self.controller, *(one.program for one in self.terminals)]
        return "\n".join(f"== {one.name}\n{one.output[-2500:]}" for one in programs if one)

    async def _enrol(self, count: int) -> None:
        config, now = load_config(self.state), SystemClock().now()
        async with offline(config) as app:
            ca = ZoneCa.open_or_create(config.state / "ca", zone=config.zone, now=now)
            for number in range(1, count + 1):
                cables = (Cable(self.broker), Cable(self.api))
                if self.https_only:
                    cables[0].pull()
                home = Home(self.folder / f"hall-{number}")
                settings = self._settings(home.path.name, cables)
                settings = replace(settings, seal_key=app[keys.KEYRING].seal_public)
                await enrol_terminal(
                    ca=ca,
                    database=app[keys.DATABASE],
                    terminal=settings,
                    out=home.path,
                    now=now,
                )
                self.terminals.append(Terminal(home, cables))

    def _settings(self, device: str, cables: tuple[Cable, Cable]) -> TerminalConfig:
        return TerminalConfig(
            id=device,
            zone="测试县政务公开专区",
            site=f"场所 {device}",
            region=REGION,
            attended=True,
            feeds=(f"gov/{REGION}",),
            public_url="http://127.0.0.1",
            broker=Address(host="127.0.0.1", port=cables[0].port),
            api_url=f"https://127.0.0.1:{cables[1].port}",
            seal_key="",
            root=TrustRoot(("ab" * 32,)),
            screens=(),
            demo=True,
            keepalive_s=5,
            poll_s=2,
        )


def child_of(parent: int, name: str) -> int | None:
    """Return the id of a process's child of this name, None if there is none."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            head, _, rest = stat.read_text().rpartition(")")
            if head.endswith(f"({name}") and int(rest.split()[1]) == parent:
                return int(stat.parent.name)
    return None
