"""Wires an agent and runs it until it is told to stop. The one place of the agent that constructs."""

import asyncio
import fcntl
import logging
import signal
import sqlite3
import ssl
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import msgspec

from content.errors import ZoneError
from devices.agent import config, tasks
from devices.agent.afar import Afar, Parts
from devices.agent.config import BadConfig, Home, TerminalConfig
from devices.agent.device_room import DeviceRoom, Voice
from devices.agent.diary import is_record
from devices.agent.disk import DiskReplica, OneThread
from devices.agent.faults import FaultBook
from devices.agent.front import Front, Services
from devices.agent.healer import Healer
from devices.agent.https import HttpsUpstream, client_tls
from devices.agent.key_updates import KeyUpdates
from devices.agent.link import LinkSettings, MqttLink
from devices.agent.logs import log_to_stderr
from devices.agent.meaning import MeaningTask
from devices.agent.order_book import OrderBook
from devices.agent.ordering import PolicyKeys
from devices.agent.outbox import Outbox
from devices.agent.ports import Connected, LinkEvent
from devices.agent.printing import open_printing
from devices.agent.report import Reporter
from devices.agent.rounds import Absences, Rounds
from devices.agent.sealing import new_sealer
from devices.agent.search_model import SearchModelTask
from devices.agent.sender import Sender
from devices.agent.store import next_boot, open_store
from devices.agent.supervisor import Supervisor, commands
from devices.agent.sync import Sync
from devices.agent.upkeep import House, Upkeep
from devices.agent.uplink import Conversation, Uplink
from devices.agent.wishes import wished
from devices.agent.withholding import Withholding
from devices.clock import Clock, SystemClock
from devices.ipc.messages import Ping, ReplicaChanged, ToAgent, Told, ToUi, Welcome
from devices.ipc.server import UiConnection, UiServer
from devices.wire.messages import Ack, FeedMark, Hello

logger = logging.getLogger(__name__)


class Agent:
    """All parts of a running agent."""

    def __init__(
        self, settings: TerminalConfig, home: Home, *, clock: Clock, store: sqlite3.Connection
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._settings = settings
        self._home = home
        self._clock = clock
        self._disk = OneThread("disk")
        self._copy = OneThread("replica")
        self._replica = DiskReplica(home.replica, settings.root, clock=clock)
        boot = next_boot(store)
        tls = client_tls(home)
        self.upstream = HttpsUpstream(settings.api_url, tls=tls)
        self._link = MqttLink(link_settings(settings, boot), tls=tls, on_event=self._heard)
        self._faults = FaultBook(clock=clock, on_change=self._fault_changed)
        self._reporter = Reporter(
            device=settings.id, link=self._link, clock=clock, faults=self._faults.all
        )
        self._outbox = Outbox(
            store,
            sealer=new_sealer(
                device=settings.id, boot=boot, seal_key=settings.seal_key, key_file=home.key
            ),
            attended=settings.attended,
        )
        self._wire_up_sync()
        self._wire_up_upkeep(store, boot)
        self._wire_up_front()
        self._wire_up_afar(store, tls, boot)
        self._wire_up_devices()

    def _wire_up_sync(self) -> None:
        settings = self._settings
        self._sender = Sender(
            self._outbox,
            link=self._link,
            upstream=self.upstream,
            clock=self._clock,
            disk=self._disk,
            on_settled=self._settled,
        )
        self._sync = Sync(
            self._replica,
            feeds=settings.feeds,
            upstream=self.upstream,
            faults=self._faults,
            disk=self._copy,
            on_moved=self._moved,
        )
        self._keys = KeyUpdates(
            self._home.keys, root=settings.root, files=self.upstream, faults=self._faults
        )
        self._sync.vet = self._keys.vetted
        self._healer = Healer(
            self._sync,
            replica=self._replica,
            faults=self._faults,
            disk=self._copy,
            clock=self._clock,
            scrub_s=settings.scrub_s,
        )
        self._talk = Conversation(
            Uplink(settings.id, settings.feeds, settings.poll_s, settings.jitter),
            link=self._link,
            sync=self._sync,
            sender=self._sender,
            reporter=self._reporter,
            faults=self._faults,
        )

    def _wire_up_upkeep(self, store: sqlite3.Connection, boot: str) -> None:
        house = House(
            home=self._home,
            settings=self._settings,
            clock=self._clock,
            faults=self._faults,
            reporter=self._reporter,
            replica=self._replica,
            sync=self._sync,
            disk=self._disk,
            copy=self._copy,
            online=lambda: self._talk.state().online,
            tell=lambda text: self._server.broadcast(Told(text=text)),
            stir=self._sender.stir,
        )
        self._upkeep = Upkeep(house, store, boot=boot, links=lambda: (self._talk, self._link))

    def _wire_up_front(self) -> None:
        settings, home = self._settings, self._home
        self._spool = open_printing(home, settings, clock=self._clock, on_outcome=self._printed)
        services = self._services = Services(
            outbox=self._outbox,
            sender=self._sender,
            reporter=self._reporter,
            faults=self._faults,
            healer=self._healer,
            spool=self._spool,
            disk=self._disk,
            clock=self._clock,
        )
        self._supervisor = Supervisor(
            commands(settings, home) if settings.start_ui else {},
            clock=self._clock,
            ping=lambda ui: self._server.send(ui, Ping()),
            pid_file=home.ui_pid,
        )
        self._front = Front(services, greetings=self._greetings, alive=self._supervisor.heard)
        self._server = UiServer(
            home.socket,
            welcome=self._welcome(),
            on_message=self._take,
            on_left=self._left,
        )
        self._talk.on_state = self._server.broadcast
        self._rounds = Rounds(
            services,
            has_printer=bool(settings.printer),
            absences=Absences(settings.screens, clock=self._clock, faults=self._faults),
            present=self._server.names,
            tell=self._server.broadcast,
        )

    def _wire_up_afar(self, store: sqlite3.Connection, tls: ssl.SSLContext, boot: str) -> None:
        parts = Parts(
            settings=self._settings,
            home=self._home,
            clock=self._clock,
            link=self._link,
            upstream=self.upstream,
            tls=tls,
            reporter=self._reporter,
            services=self._services,
            talk=self._talk,
            front=self._front,
            withhold=Withholding(self._replica, self._copy, self._faults, self._look_again),
        )
        self._afar = Afar(
            parts,
            store=store,
            boot=boot,
            keys=PolicyKeys(self._replica, self._copy, self._settings.feeds),
            screens=self._server,
            restarts=self._supervisor,
        )

    def _wire_up_devices(self) -> None:
        self._devices = DeviceRoom(
            self._settings,
            replica=self._home.replica,
            clock=self._clock,
            reporter=self._reporter,
            faults=self._faults,
            voice=Voice(self._server.send, self._server.broadcast, self.upstream),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until told to stop, or until the battery is nearly empty."""
        self._devices.on_power_end(stop.set)
        async with AsyncExitStack() as stack:
            stack.callback(self._disk.close)
            # Closed in reverse: the thread that reads and writes the copy ends before the copy is closed.
            stack.callback(self._replica.close)
            stack.callback(self._copy.close)
            stack.push_async_callback(asyncio.to_thread, self._spool.close)
            await stack.enter_async_context(self.upstream)
            await self._disk(self._outbox.sign_anew)
            await self._remember()
            await self._server.start()
            stack.push_async_callback(self._server.stop)
            await stack.enter_async_context(self._devices)
            self._link.start()
            stack.push_async_callback(self._link.stop)
            await stack.enter_async_context(self._afar)
            running = [
                asyncio.create_task(tasks.keep(name, loop), name=name)
                for name, loop in self._loops().items()
            ]
            stack.push_async_callback(_end, running)
            sys.stdout.write(f"agent ready {self._settings.id}\n")
            sys.stdout.flush()
            await stop.wait()

    def _loops(self) -> dict[str, tasks.Loop]:
        return {
            "link": self._talk.run,
            "poll": self._talk.poll,
            "sync": self._sync.run,
            "keys": self._keys.run,
            "sender": self._sender.run,
            "report": self._reporter.run,
            "healer": self._healer.run,
            **self._upkeep.loops,
            "meaning": MeaningTask(self._home.replica).run,
            "search model": SearchModelTask(self._home.replica, self.upstream).run,
            "rounds": self._rounds.run,
            **self._afar.loops(),
            "devices": self._devices.run,
            "supervisor": self._supervisor.run,
        }

    async def _remember(self) -> None:
        """Know from the disk what was held before; a replica that cannot be read is begun anew later."""
        hello = await self._sync.hello_or_nothing()
        self._reporter.policy, self._reporter.applied = hello.policy, hello.applied
        await self._upkeep.begin(hello)

    # The parts know one another only through these: each is made before the one that it tells.

    def _heard(self, event: LinkEvent) -> None:
        if isinstance(event, Connected):
            self._afar.connected()
        self._talk.hear(event)

    def _fault_changed(self) -> None:
        self._reporter.change()

    def _settled(self, ack: Ack) -> None:
        if not is_record(ack.key, device=self._settings.id):
            self._front.settled(ack)

    def _moved(self, held: Hello) -> None:
        self._reporter.policy, self._reporter.applied = held.policy, held.applied
        self._reporter.change()
        self._upkeep.moved(held)
        self._devices.content_moved()
        self._server.broadcast(_changed(held.applied))

    def _look_again(self) -> None:
        self._server.broadcast(_changed(self._reporter.applied))

    def _printed(self, job: str, outcome: str, reason: str) -> None:
        """Hand an outcome from the spool's thread to the event loop."""
        self._loop.call_soon_threadsafe(self._tell_printed, job, outcome, reason)

    def _tell_printed(self, job: str, outcome: str, reason: str) -> None:
        self._front.printed(job, outcome, reason)
        self._afar.hands.printed(job, outcome, reason)

    def _greetings(self) -> tuple[ToUi, ...]:
        printer = self._rounds.printer
        seen = (printer,) if printer is not None else ()
        greetings = self._devices.greetings()
        return (self._talk.state(), _changed(self._reporter.applied), *seen, *greetings)

    async def _take(self, ui: UiConnection, message: ToAgent) -> None:
        self._devices.take(ui, message)
        await self._front.take(ui, message)

    def _left(self, ui: UiConnection) -> None:
        self._devices.left(ui)
        self._front.left(ui)

    def _welcome(self) -> Welcome:
        settings = self._settings
        return Welcome(
            terminal=settings.id,
            site=settings.site,
            region=settings.region,
            zone=settings.zone,
            public_url=settings.public_url,
            replica=str(self._home.replica.resolve()),
            trust_root=msgspec.to_builtins(settings.root),
            attended=settings.attended,
            has_printer=bool(settings.printer),
            demo=settings.demo,
            phone=settings.phone,
        )


def link_settings(settings: TerminalConfig, boot: str) -> LinkSettings:
    """Return where and as whom to connect to the broker."""
    return LinkSettings(
        host=settings.broker.host,
        port=settings.broker.port,
        device=settings.id,
        boot=boot,
        feeds=settings.feeds,
        keepalive_s=settings.keepalive,
        longest_wait_s=5.0 if settings.demo else 60.0,
    )


def _changed(marks: dict[str, FeedMark]) -> ReplicaChanged:
    return ReplicaChanged(sequences={feed: mark.sequence for feed, mark in marks.items()})


async def _end(running: list[asyncio.Task[None]]) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Be the one agent of a home.

    Raises:
        BadConfig: another one runs.
    """
    with home.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BadConfig(f"终端目录 {home.path} 已有一个 agent 在运行，请先停止它。") from error
        yield


async def serve(home: Home, *, clock: Clock) -> None:
    """Run the agent of a home until SIGTERM or SIGINT.

    Raises:
        ZoneError: it cannot start; the sentence says why.
    """
    settings = config.load(home)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with alone(home):
        try:
            store = open_store(home.store)
        except sqlite3.Error as error:
            raise BadConfig(
                f"打不开 {home.store}：磁盘已满、只读或文件损坏，请检查后再启动。"
            ) from error
        try:
            want = OrderBook(store).want()
            settings = wished(settings, want.settings) if want else settings
            await Agent(settings, home, clock=clock, store=store).run(stop)
        finally:
            store.close()


def main(home: Path) -> int:
    """Run the agent; return the exit code."""
    log_to_stderr()
    try:
        asyncio.run(serve(Home(home.resolve()), clock=SystemClock()))
    except ZoneError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0
