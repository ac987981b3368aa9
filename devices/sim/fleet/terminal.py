"""One simulated terminal: says birth, hello and reports, takes heads and lines, suffers what it is told to."""

import asyncio
import logging
import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from devices.agent.config import Home, TerminalConfig
from devices.agent.disk import OneThread
from devices.agent.https import HttpsUpstream, client_tls
from devices.agent.link import LinkSettings
from devices.agent.ports import Arrived, Connected, LinkEvent, Lost, Unreachable
from devices.agent.uplink import ANSWER_S, ASK_AFTER, AWAY_S, FIRST_ANSWER_S
from devices.clock import Clock
from devices.sim.fleet.faults import FaultKind, FleetFault
from devices.sim.fleet.holdings import ClaimedCopy, Holdings, RealCopy, in_background
from devices.sim.fleet.link import FleetLink
from devices.wire import topics
from devices.wire.jobs import SignedWant, Want
from devices.wire.messages import (
    LINES_WITH_HEADS,
    BadMessage,
    ControllerState,
    DeviceState,
    Fault,
    GlassMark,
    Hello,
    Report,
    StateMessage,
    Welcome,
    from_bytes,
    to_bytes,
)

logger = logging.getLogger(__name__)

REPORT_S = 60.0
ECHO_BYTES = 250
"""A bare answer is as long as a report of one feed and one screen."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the terminals of a process share.

    Attributes:
        clock: theirs.
        boot: boot id of all.
        gate: how many may shake hands at once.
        echo: topic that is answered with bare bytes, for measuring; "" for none.
    """

    clock: Clock
    boot: str
    gate: asyncio.Semaphore
    echo: str = ""


class SimulatedTerminal:
    """`run` it as a task."""

    def __init__(
        self,
        home: Home,
        settings: TerminalConfig,
        setting: Setting,
        *,
        is_real: bool,
        disk: OneThread | None = None,
    ) -> None:
        """Make one; a real one reads and writes its replica in a thread that it may share."""
        self.device = settings.id
        self._settings = settings
        self._setting = setting
        self._glass: dict[str, int] = {}
        self._trouble: dict[str, Fault] = {}
        self._wish = Want(settings.id, 0)
        self._allergies: set[FleetFault] = set()
        self._delay_s = 0.0
        self._is_deaf = self._is_stuck = False
        self._controller: ControllerState | None = None
        self._welcomed = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._heads = {topics.head(feed): feed for feed in settings.feeds}
        self._logs = {topics.log(feed): feed for feed in settings.feeds}
        self._held = Hello(policy=0, applied={})
        self._real = (
            RealCopy(home, settings, clock=setting.clock, disk=disk, on_moved=self._moved)
            if is_real
            else None
        )
        self._copy: Holdings = self._real or ClaimedCopy(on_moved=self._moved)
        self._tls = client_tls(home)
        self.link = FleetLink(
            _link_settings(settings, setting),
            tls=self._tls,
            gate=setting.gate,
            on_event=self._event,
            also=(setting.echo,) if setting.echo else (),
        )

    async def run(self, faults: Iterable[FleetFault] = ()) -> None:
        """Serve until cancelled."""
        try:
            for fault in faults:
                in_background(self._suffer(fault), self._running)
            if self._real is not None:
                in_background(self._real.run(), self._running)
            in_background(self.link.run(), self._running)
            while True:
                await asyncio.sleep(REPORT_S)
                self._report()
        finally:
            for task in tuple(self._running):
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def _event(self, event: LinkEvent) -> None:
        match event:
            case Arrived(topic, payload, kept):
                with suppress(BadMessage):
                    self._arrived(topic, payload, kept=kept)
            case Connected():
                in_background(self._greet(), self._running)
            case Lost():
                in_background(self._ask_soon(), self._running)

    def _arrived(self, topic: str, payload: bytes, *, kept: bool) -> None:
        if topic in self._logs:
            self._copy.line(self._logs[topic], payload)
        elif topic in self._heads:
            self._copy.head(self._heads[topic], payload, kept=kept)
        elif topic == topics.want(self.device):
            self._wished(payload)
        elif topic == topics.down_message(self.device):
            self._welcomed.set()
            self._copy.welcomed(from_bytes(payload, Welcome))
        elif topic == topics.CONTROLLER_STATE:
            self._controller_is(from_bytes(payload, ControllerState))
        elif topic == self._setting.echo:
            self.link.publish(f"{topics.ROOT}/d/{self.device}/bare", bytes(ECHO_BYTES))

    def _wished(self, payload: bytes) -> None:
        """Follow a newer wish on receipt, its signature unseen: the mass of a fleet claims (ClaimedCopy)."""
        want = from_bytes(payload, SignedWant).want if payload else self._wish
        if want.version > self._wish.version:
            self._wish = want
            if want.software:
                said = to_bytes({"software": want.software})
                self.link.publish(topics.info(self.device), said, retain=True)
            self._bear()

    def _bear(self) -> None:
        """Suffer from the wish that is followed, or be well again; and say so."""
        for fault in self._allergies:
            name, _, value = fault.setting.partition("=")
            asked = {**self._wish.settings, "software": self._wish.software}
            if asked.get(name) == value:
                self._trouble[fault.code] = self._fault(fault)
            else:
                self._trouble.pop(fault.code, None)
        self._report()

    def _fault(self, fault: FleetFault) -> Fault:
        return Fault(fault.code, self.device, fault.text, self._now())

    def _controller_is(self, state: ControllerState) -> None:
        """Say hello to a controller that came back, as the agent does: not all at once (wire.md 9.2)."""
        before, self._controller = self._controller, state
        if state.up and before is not None and before != state:
            spread = random.uniform(0, self._settings.jitter)  # noqa: S311 - jitter, no secret
            asyncio.get_running_loop().call_later(spread, self._greet_anew)

    def _greet_anew(self) -> None:
        if self.link.connected:
            in_background(self._greet(), self._running)

    async def _greet(self) -> None:
        """Say hello until it is answered, as the agent does: the controller may be away."""
        self._welcomed.clear()
        patience, said = FIRST_ANSWER_S, 0
        while self.link.connected and not self._welcomed.is_set():
            said += 1
            if said > ASK_AFTER:
                in_background(self._ask(), self._running)
            self._held = await self._copy.hello()
            hello = to_bytes(replace(self._held, reads=LINES_WITH_HEADS))
            self.link.publish(topics.up(self.device, "hello"), hello)
            self._report()
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._welcomed.wait()
            patience = min(ANSWER_S, 2 * patience)

    async def _ask_soon(self) -> None:
        """Ask over HTTPS after a loss, as the agent does, and again while the broker is away."""
        spread = max(AWAY_S, self._settings.jitter)
        await asyncio.sleep(AWAY_S + random.uniform(0, spread))  # noqa: S311 - jitter, no secret
        while not (self.link.connected or self.link.is_held):
            await self._ask()
            await asyncio.sleep(self._settings.poll_s)

    async def _ask(self) -> None:
        """Ask over HTTPS what is new, and say there how we are (devices.agent.https_words)."""
        if self._is_deaf:
            return
        way = HttpsUpstream(self._settings.api_url, tls=self._tls)
        with suppress(Unreachable):
            async with self._setting.gate, way as upstream:
                await self._copy.ask(upstream)
                ready = StateMessage(DeviceState.READY, self._setting.boot, 0)
                await upstream.say("state", to_bytes(ready))
                await upstream.say("rep", to_bytes(self._said()))

    def _moved(self, held: Hello) -> None:
        self._held = held
        if not self._is_stuck:
            self._glass = {feed: mark.sequence for feed, mark in held.applied.items()}
        if self._delay_s:
            asyncio.get_running_loop().call_later(self._delay_s, self._report)
        else:
            self._report()

    def _report(self) -> None:
        if self._is_deaf:
            return
        self.link.publish(topics.report(self.device), to_bytes(self._said()), retain=True)

    def _said(self) -> Report:
        now = self._now()
        return Report(
            policy=self._held.policy,
            applied=self._held.applied,
            glass=tuple(GlassMark(ui, self._glass, at=now) for ui in self._settings.screens),
            faults=(*self._copy.faults(), *self._trouble.values()),
            at=now,
            want=self._wish.version,
        )

    async def _suffer(self, fault: FleetFault) -> None:
        await asyncio.sleep(fault.at_s)
        while True:
            await self._begin(fault)
            if not fault.for_s:
                return
            await asyncio.sleep(fault.for_s)
            self._end(fault)
            if not fault.every_s:
                return
            await asyncio.sleep(max(0.0, fault.every_s - fault.for_s))

    async def _begin(self, fault: FleetFault) -> None:
        match fault.kind:
            case FaultKind.CUT:
                self.link.hold()
            case FaultKind.SLEEP:
                await self.link.sleep()
            case FaultKind.DEAF:
                self._is_deaf = True
            case FaultKind.SLOW:
                self._delay_s = fault.delay_s
            case FaultKind.STUCK:
                self._is_stuck = True
            case FaultKind.TROUBLE:
                self._trouble[fault.code] = self._fault(fault)
                self._report()
            case FaultKind.BAD_WISH:
                self._allergies.add(fault)
                self._bear()

    def _end(self, fault: FleetFault) -> None:
        match fault.kind:
            case FaultKind.CUT | FaultKind.SLEEP:
                self.link.let_go()
            case FaultKind.DEAF:
                self._is_deaf = False
            case FaultKind.SLOW:
                self._delay_s = 0.0
            case FaultKind.STUCK:
                self._is_stuck = False
                self._moved(self._held)
            case FaultKind.TROUBLE:
                self._trouble.pop(fault.code, None)
            case FaultKind.BAD_WISH:
                self._allergies.discard(fault)
                self._trouble.pop(fault.code, None)
        self._report()

    def _now(self) -> int:
        return int(self._setting.clock.now().timestamp())


def _link_settings(settings: TerminalConfig, setting: Setting) -> LinkSettings:
    return LinkSettings(
        host=settings.broker.host,
        port=settings.broker.port,
        device=settings.id,
        boot=setting.boot,
        feeds=settings.feeds,
        keepalive_s=settings.keepalive,
        longest_wait_s=5.0 if settings.demo else 60.0,
    )
