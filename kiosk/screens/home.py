"""The first screen."""

from kivy.properties import StringProperty

from kiosk.flows.home import HomeState, HomeView
from kiosk.flows.kiosk import Kiosk
from kiosk.screens.screen import KioskScreen
from kiosk.widgets import rows as _rows  # noqa: F401 - named in the kv rules
from signage.kit.rules import load_rules

load_rules(__file__)


class HomeScreen(KioskScreen):
    """Three services in reach, the newest documents at eye level."""

    message = StringProperty("")

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__(kiosk)
        self._shown: HomeView | None = None

    @property
    def title(self) -> str:
        """The zone's name."""
        return self.kiosk.home_view().zone

    def show(self) -> None:
        """Render the newest documents, or why there are none."""
        view = self.kiosk.home_view()
        if view == self._shown:
            return
        self._shown = view
        words = self.kiosk.words
        match view.state:
            case HomeState.STARTING:
                self.message = words("home.starting")
            case HomeState.EMPTY:
                self.message = words("home.empty")
            case HomeState.READY:
                self.message = ""
        self.ids.newest.show(view.newest)
