"""依申请公开: shows the step that the flow is at."""

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from typing_extensions import override

from kiosk.flows.kiosk import Kiosk
from kiosk.flows.request import STEPS, RequestView, Step
from kiosk.screens.request_end import FailedPanel, ReviewPanel, SavedPanel, SendingPanel
from kiosk.screens.request_form import FormPanel
from kiosk.screens.screen import KioskScreen
from kiosk.widgets.field import Field
from signage.kit.rules import load_rules

load_rules(__file__)

Panel = FormPanel | ReviewPanel | SendingPanel | SavedPanel | FailedPanel


class StepMark(BoxLayout):
    """One of the four steps in the strip: number, word; a tick when it is done."""

    number = StringProperty("")
    word = StringProperty("")
    state = StringProperty("ahead")

    @property
    def a11y_hidden(self) -> bool:
        """Whether it says nothing to those who hear the screen: only the present step does."""
        return bool(self.state != "now")


class RequestScreen(KioskScreen):
    """The strip of steps, and the panel of the present one."""

    shows_steps = BooleanProperty(True)

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__(kiosk)
        self._shown: RequestView | None = None
        self._panel: Panel | None = None

    @property
    def title(self) -> str:
        """The strip's word."""
        return self.kiosk.words("request.title")

    @override
    def typing_into(self) -> tuple[Field, str] | None:
        """Return the field in focus."""
        return self._panel.typing_into() if isinstance(self._panel, FormPanel) else None

    @override
    def typing_done(self) -> None:
        """Go to the next field."""
        if isinstance(self._panel, FormPanel):
            self._panel.typing_done()

    def show(self) -> None:
        """Render the step."""
        view = self.kiosk.request.view
        if self._shown is None or view.step is not self._shown.step:
            self._mark_steps(view.step)
            self._change_panel(view.step)
        self._shown = view
        if self._panel is not None:
            self._panel.show(view)

    def _change_panel(self, step: Step) -> None:
        self.ids.panel.clear_widgets()
        match step:
            case Step.WHO | Step.WHAT | Step.HOW:
                self._panel = FormPanel(screen=self, step=step)
            case Step.REVIEW:
                self._panel = ReviewPanel(screen=self)
            case Step.SENDING:
                self._panel = SendingPanel()
            case Step.SAVED:
                self._panel = SavedPanel(screen=self)
            case Step.FAILED:
                self._panel = FailedPanel(screen=self)
        self.ids.panel.add_widget(self._panel)

    def _mark_steps(self, step: Step) -> None:
        strip = self.ids.steps
        strip.clear_widgets()
        self.shows_steps = step in STEPS
        now = STEPS.index(step) if step in STEPS else len(STEPS)
        for number, one in enumerate(STEPS):
            state = "done" if number < now else "now" if number == now else "ahead"
            word = self.kiosk.words(f"request.step.{one.value}")
            strip.add_widget(StepMark(number=str(number + 1), word=word, state=state))
