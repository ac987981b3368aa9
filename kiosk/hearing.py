"""What the kiosk's app does with what the agent says. Loaded with the first message, after the first frame."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kivy.core.window import Window

from devices.ipc.messages import (
    Glass,
    KeyPressed,
    Picture,
    Ping,
    Pong,
    ReplicaChanged,
    TakePicture,
    ToAgent,
    ToUi,
    Welcome,
)
from kiosk.flows.session import Phase
from kiosk.flows.surround import Place
from signage.kit.frame import frame_digest, keep_picture

if TYPE_CHECKING:
    from kiosk.app import KioskApp

DRAIN_MOST = 50


class AgentLink(Protocol):
    """The socket's UI side (kiosk.link.LateLink)."""

    @property
    def connected(self) -> bool:
        """Whether the agent is there."""
        ...

    def start(self) -> None:
        """Begin to connect."""
        ...

    def stop(self) -> None:
        """End the connection."""
        ...

    def send(self, message: ToAgent) -> bool:
        """Send, or return False."""
        ...

    def drain(self, limit: int = DRAIN_MOST) -> list[ToUi]:
        """Return what has arrived."""
        ...


class Hearing:
    """One for an app: some messages are the app's own to answer, the flows take the rest."""

    def __init__(self, app: "KioskApp", link: AgentLink) -> None:
        self._app = app
        self._link = link

    def take(self) -> None:
        """Take what has arrived."""
        for message in self._link.drain(DRAIN_MOST):
            self._receive(message)

    def _receive(self, message: ToUi) -> None:
        app = self._app
        if isinstance(message, Ping):
            self._link.send(Pong(frames=app.frames.frames, screen=app.kiosk.place.value))
            return
        if isinstance(message, TakePicture):
            app.frames.after_next_frame(partial(self._take_picture, message))
            return
        if isinstance(message, KeyPressed):
            app.press(message.key)
            return
        if isinstance(message, Welcome):
            app.settle(attended=message.attended, phone=message.phone)
        app.kiosk.receive(message)
        if isinstance(message, Welcome | ReplicaChanged):
            app.read_titles()
            app.frames.after_next_frame(self._report_glass)

    def _report_glass(self) -> None:
        """Say what has really been drawn: called when the frame is complete, before it is flipped."""
        record, version = self._on_glass()
        self._link.send(
            Glass(
                sequences=self._app.kiosk.sequences(),
                item=record,
                version=version,
                frame=frame_digest(Window),
            )
        )

    def _take_picture(self, asked: TakePicture) -> None:
        """Leave a picture for the agent, unless a visitor is here: asked now, when the frame is complete."""
        if self._app.kiosk.view().session.phase is not Phase.RESTING:
            why = "session_open"
        else:
            why = "" if keep_picture(Window, Path(asked.path)) else "no_picture"
        self._link.send(Picture(job=asked.job, why=why))

    def _on_glass(self) -> tuple[str, int]:
        kiosk = self._app.kiosk
        if kiosk.place is Place.READER and kiosk.reader.view.is_open:
            return kiosk.reader.view.record, kiosk.reader.view.version
        newest = kiosk.home_view().newest
        return (newest[0].record, newest[0].version) if newest else ("", 0)
