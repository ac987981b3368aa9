"""The player's Kivy app: carries cues to the stage, frames to the agent, and never lets the screen go blank.

No network here: a thread reads the socket, the loop drains it. Every mistake is logged and what is on the
screen stays there; too many of them end the process, and the agent starts it anew.
"""

import logging
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Protocol

from kivy.app import App
from kivy.base import EventLoop, ExceptionHandler, ExceptionManager, stopTouchApp
from kivy.clock import Clock as KivyClock
from kivy.core.window import Window
from kivy.properties import ObjectProperty
from kivy.uix.widget import Widget

from devices.clock import Clock
from devices.ipc.messages import Picture, Ping, Pong, TakePicture, ToAgent, ToUi
from signage.conductor import Conductor
from signage.kit.fonts import register
from signage.kit.frame import FrameWatch, frame_digest, keep_picture
from signage.kit.theme import Theme
from signage.stage.stage import SETTLED_S, Stage
from signage.words import Words

log = logging.getLogger(__name__)

DRAIN_S = 0.1
STEP_S = 0.5
MOST_MISTAKES = 20
MISTAKE_WINDOW_S = 60.0


class AgentLink(Protocol):
    """The socket's UI side (devices.ipc.client.UiClient)."""

    @property
    def connected(self) -> bool:
        """Whether the agent is there."""
        ...

    def send(self, message: ToAgent) -> bool:
        """Send, or return False."""
        ...

    def drain(self, limit: int = 50) -> list[ToUi]:
        """Return what has arrived."""
        ...


class SignageApp(App):
    """Runs until SIGTERM."""

    stage = ObjectProperty(None, allownone=True)

    def __init__(
        self, *, conductor: Conductor, link: AgentLink, clock: Clock, pixel_mm: float
    ) -> None:
        self.theme = Theme()
        self.words = Words.load()
        self._conductor = conductor
        self._link = link
        self._clock = clock
        self._pixel_mm = pixel_mm
        self._mistakes: list[float] = []
        super().__init__()

    def build(self) -> Widget:
        """Make the stage and show the first cards at once."""
        register()
        Window.clearcolor = self.theme.ground
        Window.bind(on_request_close=lambda *_, **__: True)
        self.stage = Stage(self.words)
        self.stage.look.pixel_mm = self._pixel_mm
        self.stage.size = Window.size
        self.frames = FrameWatch(Window)
        self._step()
        self.frames.after_next_frame(_say_ready)
        KivyClock.schedule_interval(self._drain, DRAIN_S)
        KivyClock.schedule_interval(self._step, STEP_S)
        return self.stage

    def open_settings(self, *_: object) -> bool:
        """Refuse Kivy's settings panel: F1 would open it."""
        return True

    def on_stop(self) -> None:
        """Let go of the window and stop what moves."""
        KivyClock.unschedule(self._drain)
        KivyClock.unschedule(self._step)
        self.frames.stop()
        self.stage.ids.ticker.stop()

    def survive(self, error: BaseException) -> bool:
        """Note a mistake; False when there were too many to go on."""
        now = self._clock.monotonic()
        self._mistakes = [at for at in self._mistakes if now - at < MISTAKE_WINDOW_S] + [now]
        log.error("screen failed", exc_info=error)
        return len(self._mistakes) < MOST_MISTAKES

    def _drain(self, _dt: float) -> None:
        self._conductor.agent_is(here=self._link.connected)
        for message in self._link.drain():
            if isinstance(message, Ping):
                self._link.send(Pong(frames=self.frames.frames, screen=self._screen_name()))
            elif isinstance(message, TakePicture):
                self.frames.after_next_frame(partial(self._take_picture, message))
            else:
                self._conductor.receive(message)

    def _step(self, _dt: float = 0) -> None:
        stage, conductor = self.stage, self._conductor
        stage.tell_time(self._clock.now())
        stage.zone, stage.site = conductor.place.zone, conductor.place.site
        stage.look.public_url = conductor.place.public_url
        stage.look.attended = conductor.place.attended
        stage.look.phone = conductor.place.phone
        stale = self.words.stale(conductor.complete_until) if conductor.is_stale else ""
        stage.tell_stale(stale)
        stage.perform(conductor.step())
        if conductor.take_glass():
            KivyClock.unschedule(self._ask_for_frame)
            KivyClock.schedule_once(self._ask_for_frame, SETTLED_S)

    def _ask_for_frame(self, _dt: float) -> None:
        self.frames.after_next_frame(self._frame_drawn)

    def _frame_drawn(self) -> None:
        self._conductor.glass_drawn(frame_digest(Window))

    def _take_picture(self, asked: TakePicture) -> None:
        is_there = keep_picture(Window, Path(asked.path))
        self._link.send(Picture(job=asked.job, why="" if is_there else "no_picture"))

    def _screen_name(self) -> str:
        showing = self._conductor.player.showing
        return "playing" if showing is None or showing.is_open else "closed"


class Survival(ExceptionHandler):
    """Keeps showing: one raising callback would end a Kivy app."""

    def __init__(self, app: SignageApp) -> None:
        self._app = app

    def handle_exception(self, inst: BaseException) -> int:
        """Go on, or let the process end so that it is started anew."""
        if isinstance(inst, Exception) and self._app.survive(inst):
            return int(ExceptionManager.PASS)
        return int(ExceptionManager.RAISE)


def run(app: SignageApp) -> None:
    """Run until SIGTERM or SIGINT.

    SDL turns SIGTERM into a close request, which the window refuses; so the signal stops the loop itself.
    """
    ExceptionManager.add_handler(Survival(app))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: KivyClock.schedule_once(lambda _dt: stopTouchApp()))
    app.run()
    EventLoop.close()


def _say_ready() -> None:
    sys.stdout.write("signage first frame\n")
    sys.stdout.flush()
