"""The root widget: title strip, quiet bands, the screen, the keyboard when it is wanted, the bar at the foot."""

from typing import TYPE_CHECKING

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from kiosk.flows.home import HomeView
from kiosk.flows.session import Phase
from kiosk.flows.surround import Band, BandKind, KioskView, Place
from kiosk.screens.screen import Screen
from kiosk.widgets.bars import BandLine
from kiosk.words import Words
from signage.kit.rules import load_rules

if TYPE_CHECKING:
    from kiosk.widgets.overlay import DarkOverlay, IdleOverlay, NoticeCard

load_rules(__file__)

_BAND_ICONS = {
    BandKind.EMERGENCY: "triangle-alert",
    BandKind.DEMO: "flask-conical",
    BandKind.OFFLINE: "wifi-off",
    BandKind.STALE: "info",
    BandKind.AWAY: "info",
}


class Frame(FloatLayout):
    """Holds one screen at a time and what surrounds it."""

    screen = ObjectProperty(None, allownone=True)
    keyboard = ObjectProperty(None, allownone=True)
    keyboard_px = NumericProperty(600)
    has_keyboard = BooleanProperty(False)

    def __init__(self, words: Words, **kwargs: object) -> None:
        self._words = words
        self._overlay: IdleOverlay | None = None
        self._notice: NoticeCard | None = None
        self._dark: DarkOverlay | None = None
        self._bands: tuple[Band, ...] = ()
        super().__init__(**kwargs)

    def put_screen(self, screen: Screen) -> None:
        """Show this screen instead of the present one."""
        self.ids.holder.clear_widgets()
        self.ids.holder.add_widget(screen)
        self.screen = screen

    def put_keyboard(self, keyboard: Widget | None) -> None:
        """Show the keyboard, or take it away with None."""
        if keyboard is self.keyboard:
            return
        self.ids.dock.clear_widgets()
        self.keyboard = keyboard
        self.has_keyboard = keyboard is not None
        if keyboard is not None:
            self.ids.dock.add_widget(keyboard)

    def show(self, view: KioskView, home: HomeView) -> None:
        """Render what surrounds the screen."""
        is_home = view.place is Place.HOME
        strip = self.ids.title
        strip.grand = is_home
        strip.title = self.screen.title if self.screen else home.zone
        strip.place = home.site
        strip.date = home.date
        self._show_nav(view, is_home=is_home)
        self._show_bands(view.bands)
        self._show_notice(view.notice)
        self._show_idle(view)
        self._show_dark(is_dark=view.is_dark)

    def _show_nav(self, view: KioskView, *, is_home: bool) -> None:
        nav = self.ids.nav
        nav.can_go_back = view.can_go_back
        nav.is_home = is_home
        nav.is_active = view.session.phase is not Phase.RESTING
        step = {1.0: 1, 1.3: 2, 1.6: 3}[view.text_scale]
        nav.text_word = self._words(f"nav.text_{step}")

    def _show_bands(self, bands: tuple[Band, ...]) -> None:
        if bands == self._bands:
            return
        self._bands = bands
        self.ids.bands.clear_widgets()
        for band in bands:
            line = BandLine(text=band.text, icon=_BAND_ICONS[band.kind])
            line.is_alarm = band.kind is BandKind.EMERGENCY
            self.ids.bands.add_widget(line)

    def _show_idle(self, view: KioskView) -> None:
        if view.session.phase is not Phase.WARNING:
            if self._overlay is not None:
                self.remove_widget(self._overlay)
                self._overlay = None
            return
        if self._overlay is None:
            from kiosk.widgets.overlay import IdleOverlay

            self._overlay = IdleOverlay()
            self.add_widget(self._overlay)
        self._overlay.seconds = view.session.seconds_left
        self._overlay.sentence = self._words("idle.text", seconds=view.session.seconds_left)

    def _show_dark(self, *, is_dark: bool) -> None:
        if is_dark and self._dark is None:
            from kiosk.widgets.overlay import DarkOverlay

            self._dark = DarkOverlay()
            self.add_widget(self._dark)
        elif not is_dark and self._dark is not None:
            self.remove_widget(self._dark)
            self._dark = None

    def _show_notice(self, text: str) -> None:
        if text and self._notice is None:
            from kiosk.widgets.overlay import NoticeCard

            self._notice = NoticeCard(pos_hint={"center_x": 0.5})
            self.add_widget(self._notice)
        elif not text and self._notice is not None:
            self.remove_widget(self._notice)
            self._notice = None
        if self._notice is not None:
            self._notice.text = text
            self._notice.y = self.ids.nav.height + 32
