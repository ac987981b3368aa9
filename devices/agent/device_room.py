"""The room of the agent where peripherals are: constructs them, opens and closes them, passes on what UIs say."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from devices.agent.config import TerminalConfig
from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.agent.lookup import LookUps, StandingSource
from devices.agent.notice_line import read_notice_line
from devices.agent.peripherals import KIOSK, Peripherals, Ties, Ui
from devices.agent.power import PowerWatch
from devices.agent.report import Reporter
from devices.agent.screen_rest import DisplaySwitch, ScreenRest
from devices.clock import Clock
from devices.drivers.reasons import Kind
from devices.hub.hub import Hub
from devices.ipc.messages import LookUp, Session, Speak, ToAgent, ToUi
from devices.speech.engine import find_engine
from devices.speech.speaker import Speaker


@dataclass(frozen=True, slots=True)
class Voice:
    """How this room speaks: to one UI by name, to all, and to the controller."""

    tell: Callable[[str, ToUi], None]
    tell_all: Callable[[ToUi], None]
    controller: StandingSource

    def say(self, name: str, message: ToUi) -> None:
        """Speak to the UI of this name, to all for ""."""
        if name:
            self.tell(name, message)
        else:
            self.tell_all(message)


class DeviceRoom:
    """Use as an async context manager; `run` beside it for ever."""

    def __init__(
        self,
        settings: TerminalConfig,
        *,
        replica: Path,
        clock: Clock,
        reporter: Reporter,
        faults: FaultBook,
        voice: Voice,
    ) -> None:
        self._settings = settings
        self._replica = replica
        self._lookups = LookUps(voice.controller)
        self._power = PowerWatch(tell=voice.tell_all)
        self._speaker = Speaker(find_engine() if Kind.KEYPAD in settings.devices else None)
        self._sign_thread = OneThread("sign")
        self._content = asyncio.Event()
        self.hub = Hub(
            settings.devices,
            clock=clock,
            on_news=self._news,
            claimed=(settings.printer,) if settings.printer else (),
        )
        self._rest = ScreenRest(
            after_s=settings.screen_rest_s,
            clock=clock,
            tell=lambda message: voice.say(KIOSK, message),
            switch=DisplaySwitch(),
        )
        self.peripherals = Peripherals(
            self.hub,
            public_url=settings.public_url,
            ties=Ties(reporter, faults, self._power, self._rest, voice.say),
        )

    async def __aenter__(self) -> Self:
        self.hub.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lookups.close()
        self._power.close()
        await self._rest.switch.close()
        await asyncio.to_thread(self.hub.close)
        self._sign_thread.close()

    def on_power_end(self, stop: Callable[[], None]) -> None:
        """Have this called when the battery is nearly empty and the visitor has finished."""
        self._power.on_end = stop

    def greetings(self) -> tuple[ToUi, ...]:
        """Return what a UI that comes should know of the devices."""
        return self.peripherals.greetings()

    def take(self, ui: Ui, message: ToAgent) -> None:
        """Take what a UI says, as far as it concerns devices."""
        self.peripherals.take(ui, message)
        if isinstance(message, LookUp):
            self._lookups.take(ui, message)
        elif isinstance(message, Speak):
            self._speaker.say(message.text)
        elif isinstance(message, Session) and not message.active:
            self._speaker.say("")  # the next visitor hears nothing of this one

    def left(self, ui: Ui) -> None:
        """Forget a UI that has gone."""
        self._speaker.say("")
        self.peripherals.left(ui)

    def content_moved(self) -> None:
        """Note that there are new documents: the sign is to show them."""
        self._content.set()

    async def run(self) -> None:
        """Attend for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.peripherals.run(), name="peripherals")
            group.create_task(self._keep_sign(), name="sign")
            group.create_task(self._speaker.run(), name="speech")

    async def _keep_sign(self) -> None:
        while self.hub.sign is not None:
            line = await self._sign_thread(
                read_notice_line, self._replica, self._settings.root, zone=self._settings.zone
            )
            if line is not None:
                self.hub.sign.show(line)
            await self._content.wait()
            self._content.clear()

    def _news(self) -> None:
        self.peripherals.stir()
