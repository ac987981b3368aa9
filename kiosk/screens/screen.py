"""What all screens share: they render flows, send intents through the app, and may ask for the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kivy.app import App
from kivy.uix.boxlayout import BoxLayout

if TYPE_CHECKING:
    from kiosk.flows.kiosk import Kiosk
    from kiosk.widgets.field import Field


class Screen(Protocol):
    """A screen, as the frame and the app see it."""

    @property
    def title(self) -> str:
        """What the strip at the top says."""
        ...

    def show(self) -> None:
        """Render the flow's view if it changed; called after everything that may have changed it."""
        ...

    def typing_into(self) -> tuple[Field, str] | None:
        """Return the field that the keyboard types into and the keyboard's mode, or None for no keyboard."""
        ...

    def typing_done(self) -> None:
        """Take the keyboard's 完成."""
        ...


class KioskScreen(BoxLayout):
    """Base of the screens: nothing is typed here unless a screen says so."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.kiosk = kiosk
        super().__init__()

    def typing_into(self) -> tuple[Field, str] | None:
        """Return the field that the keyboard types into and the keyboard's mode, or None for no keyboard."""
        return None

    def typing_done(self) -> None:
        """Take the keyboard's 完成."""

    def do(self, intent: str, *values: object) -> None:
        """Send an intent to the kiosk."""
        App.get_running_app().do(intent, *values)

    def refresh(self) -> None:
        """Have everything rendered that changed."""
        App.get_running_app().render()
