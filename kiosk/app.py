"""The kiosk's Kivy app: wires flows to screens, the agent's socket to flows, and keeps the loop alive.

No network and no driver here: a thread reads the socket, the loop drains it. One Clock event does it all.
"""

import gc
import logging
import signal
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from kivy.app import App
from kivy.base import EventLoop, ExceptionHandler, ExceptionManager, stopTouchApp
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.widget import Widget

from kiosk.dock import KeyboardDock
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.session import Phase, SessionSettings
from kiosk.flows.surround import Place
from kiosk.screens.home import HomeScreen
from kiosk.screens.screen import Screen
from kiosk.widgets.frame import Frame
from kiosk.words import Words
from signage.kit.fonts import forget_measures, register
from signage.kit.frame import FrameWatch, clear_colour_alone
from signage.kit.theme import Theme

if TYPE_CHECKING:
    from kiosk.flows.ports import Ports
    from kiosk.hearing import AgentLink, Hearing
    from kiosk.keypad import KeypadHand

logger = logging.getLogger(__name__)

DRAIN_S = 0.05
WARM_UP_S = 1.0
MOST_MISTAKES = 5
MISTAKE_WINDOW_S = 60.0
_COLLECT_S = (0.1, 1.5)
_READ_S = 8.0
"""After this the lexicon has been read too: what then lives, lives until the next visit ends."""


class KioskApp(App):
    """Runs until SIGTERM. `do` is how widgets send intents."""

    def __init__(
        self,
        *,
        ports: "Ports",
        link: "AgentLink",
        settings: SessionSettings,
        on_ready: Callable[[], None],
    ) -> None:
        self.theme = Theme()
        self.words = Words.load()
        self.kiosk = Kiosk(self.words, ports=ports, settings=settings)
        self.kiosk.before_wipe = self._wipe_widgets
        self._link = link
        self._clock = ports.clock
        self._on_ready = on_ready
        self._screens: dict[Place, Screen] = {}
        self._dock = KeyboardDock(
            titles=self.kiosk.titles,
            on_composing=self.kiosk.compose_query,
            on_done=self._typing_done,
        )
        self._mistakes: list[float] = []
        self._hand: KeypadHand | None = None
        self.turns = 0
        super().__init__()

    # Kivy's side

    def build(self) -> Widget:
        """Make the first screen, and nothing else yet."""
        register()
        self.theme.bind(ground=lambda _, colour: setattr(Window, "clearcolor", colour))
        Window.clearcolor = self.theme.ground
        clear_colour_alone(Window)
        self.frame = Frame(self.words)
        self.frames = FrameWatch(Window)
        self.render()
        self._bind_window()
        self.frames.after_next_frame(self._first_frame)
        return self.frame

    def _first_frame(self) -> None:
        """Begin to listen only now: messages load msgspec, the first Welcome SQLite and signatures."""
        self._on_ready()
        self._link.start()
        Clock.schedule_interval(self._turn, DRAIN_S)
        Clock.schedule_once(self._warm_up, WARM_UP_S)

    def on_stop(self) -> None:
        """End the pinyin engine's process, the looking and the link."""
        self._dock.close()
        self.kiosk.close()
        self._link.stop()

    def open_settings(self, *_: object) -> bool:
        """Refuse Kivy's settings panel: F1 would open it."""
        return True

    def do(self, intent: str, *values: object) -> None:
        """Send an intent of that name to the kiosk, then render."""
        getattr(self.kiosk, intent)(*values)
        self.render()

    def render(self) -> None:
        """Show what the flows say now."""
        view = self.kiosk.view()
        self.theme.scale = view.text_scale
        self.theme.high_contrast = view.high_contrast
        screen = self._screen(view.place)
        if self.frame.screen is not screen:
            self.frame.put_screen(screen)
        self.frame.show(view, self.kiosk.home_view())
        screen.show()
        self.frame.put_keyboard(self._dock.keyboard_for(screen))

    def recover(self, error: Exception) -> bool:
        """Return to the first screen after a mistake; False when there were too many."""
        now = self._clock.monotonic()
        self._mistakes = [at for at in self._mistakes if now - at < MISTAKE_WINDOW_S] + [now]
        # The exception's text may hold what a visitor typed: only its kind and place are logged.
        logger.error("screen failed", extra={"error": type(error).__name__, "at": _place_of(error)})
        if len(self._mistakes) >= MOST_MISTAKES:
            return False
        self.kiosk.recover()
        self.render()
        return True

    # Inside

    def _bind_window(self) -> None:
        Window.bind(on_touch_down=self._touched, on_request_close=lambda *_, **__: True)

    def _touched(self, *_: object) -> bool:
        self.kiosk.touch()
        if self._hand is not None:
            self._hand.let_go()
        return False

    def _turn(self, _dt: float) -> None:
        self.turns += 1
        self._hearing.take()
        self.kiosk.tick()
        self.render()
        if self._hand is not None:
            self._hand.follow()

    @cached_property
    def _hearing(self) -> "Hearing":
        from kiosk.hearing import Hearing

        return Hearing(self, self._link)

    def settle(self, *, attended: bool, phone: str) -> None:
        """Speak as befits this place: screens that were made with the words of another are made anew."""
        if self.words.settle(attended=attended, phone=phone):
            self._screens.clear()

    def press(self, key: str) -> None:
        """Take a key of the keypad."""
        if self._hand is None:
            from kiosk.keypad import KeypadHand

            self._hand = KeypadHand(self, self._link)
        self._hand.press(key)

    def read_titles(self) -> None:
        """Let the keyboard learn the titles that are held now, and show what is new."""
        self._dock.read_titles()
        self.render()

    def _screen(self, place: Place) -> Screen:
        if place not in self._screens:
            self._screens[place] = self._make(place)
        return self._screens[place]

    def _make(self, place: Place) -> Screen:
        """Make a screen when it is first needed: only the first one counts for the start."""
        match place:
            case Place.HOME:
                return HomeScreen(kiosk=self.kiosk)
            case Place.SEARCH:
                from kiosk.screens.search import SearchScreen

                return SearchScreen(kiosk=self.kiosk)
            case Place.READER:
                from kiosk.screens.reader import ReaderScreen

                return ReaderScreen(kiosk=self.kiosk)
            case Place.REQUEST:
                from kiosk.screens.request import RequestScreen

                return RequestScreen(kiosk=self.kiosk)
            case Place.CONSULT:
                from kiosk.screens.consult import ConsultScreen

                return ConsultScreen(kiosk=self.kiosk)
            case Place.RECEIPT:
                from kiosk.screens.receipt import ReceiptScreen

                return ReceiptScreen(kiosk=self.kiosk)

    def _warm_up(self, _dt: float) -> None:
        """Load what the first visitor will need, once the first screen stands."""
        self._dock.warm_up()
        for place in Place:
            self._screen(place)
        Clock.schedule_once(self._keep_still, _READ_S)

    def _keep_still(self, _dt: float) -> None:
        """Spare typing the collector's search through all that was loaded: a tenth of a second and more."""
        if self.kiosk.phase is Phase.RESTING:
            gc.freeze()

    def _typing_done(self) -> None:
        if self.frame.screen is not None:
            self.frame.screen.typing_done()
        self.render()

    def _wipe_widgets(self) -> None:
        """Throw away every widget, texture and measured piece of text that a visitor left."""
        if self._hand is not None:
            self._hand.let_go()
            self._hand = None
        self.frame.put_keyboard(None)
        self._dock.wipe()
        self._screens.clear()
        self.frame.put_screen(self._screen(Place.HOME))
        forget_measures()
        _forget_codes()
        # Thrown-away widgets hold each other: without this they live on with their texts until Python's next
        # full collection. Twice, for what the frames on their way still hold.
        gc.unfreeze()
        for after_s in _COLLECT_S:
            Clock.schedule_once(_collect, after_s)
        Clock.schedule_once(self._keep_still, _COLLECT_S[-1] + DRAIN_S)


def _collect(_after: float) -> None:
    gc.collect()


def _forget_codes() -> None:
    import sys

    qr = sys.modules.get("signage.kit.qr")
    if qr is not None:
        qr.forget_codes()


class Recovery(ExceptionHandler):
    """Keeps the kiosk on its feet: one raising callback would end a Kivy app."""

    def __init__(self, app: KioskApp) -> None:
        self._app = app

    def handle_exception(self, inst: BaseException) -> int:
        """Recover, or let the process end so that it is started anew."""
        is_mistake = isinstance(inst, Exception)
        if is_mistake and self._app.recover(inst):  # type: ignore[arg-type]
            return int(ExceptionManager.PASS)
        return int(ExceptionManager.RAISE)


def run(app: KioskApp) -> None:
    """Run until SIGTERM or SIGINT.

    SDL turns SIGTERM into a close request, which the window refuses; so the signal stops the loop itself.
    """
    ExceptionManager.add_handler(Recovery(app))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: Clock.schedule_once(lambda _dt: stopTouchApp()))
    app.run()
    EventLoop.close()


def _place_of(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
