"""The whole screen: header band, areas, ticker. Carries out cues; decides nothing."""

from datetime import datetime

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from content.programme.programme import Region
from signage.cues import Arrange, Cue, RunTicker, Show
from signage.kit import text as _text  # noqa: F401 - its kv rules are used by ours
from signage.kit.rules import load_rules
from signage.renderers.render import Look, view_of
from signage.stage import ticker as _ticker  # noqa: F401 - named in the kv rules
from signage.stage.pane import FADE_S, Pane
from signage.words import Words

load_rules(__file__)

SETTLED_S = FADE_S + 0.1
"""After this long every change of a step is fully drawn."""

_FULL = 100


class Stage(BoxLayout):
    """The root widget."""

    zone = StringProperty("")
    site = StringProperty("")
    date_text = StringProperty("")
    clock_text = StringProperty("")
    stale_text = StringProperty("")
    is_portrait = BooleanProperty(False)

    def __init__(self, words: Words, **kwargs: object) -> None:
        self.words = words
        self._panes: dict[str, Pane] = {}
        self.look = Look(words)
        super().__init__(**kwargs)
        self.fbind("size", self._turn)

    def perform(self, cues: tuple[Cue, ...]) -> None:
        """Carry out the cues in order."""
        for cue in cues:
            match cue:
                case Arrange():
                    self._arrange(cue.regions)
                case Show():
                    self._panes[cue.region].show(view_of(cue.card, self.look))
                case RunTicker():
                    lines = cue.lines or (self.words("ticker.empty"),)
                    self.ids.ticker.run(lines)

    def tell_time(self, now: datetime) -> None:
        """Show day and minute."""
        self.date_text = self.words.day("date", now.date())
        self.clock_text = f"{now:%H:%M}"

    def tell_stale(self, text: str) -> None:
        """Show up to when the content is complete, "" while it is."""
        self.stale_text = text

    def _turn(self, *_: object) -> None:
        self.is_portrait = self.height > self.width

    def _arrange(self, regions: tuple[Region, ...]) -> None:
        area = self.ids.area
        area.clear_widgets()
        self._panes = {}
        for region in regions:
            left, top, width, height = _placed(region, portrait=self.height > self.width)
            pane = Pane(
                size_hint=(width / _FULL, height / _FULL),
                pos_hint={"x": left / _FULL, "top": 1 - top / _FULL},
            )
            self._panes[region.name] = pane
            area.add_widget(pane)


def _placed(region: Region, *, portrait: bool) -> tuple[int, int, int, int]:
    """Return left, top, width and height; an upright screen stacks what a wide one puts side by side."""
    if portrait:
        return region.top, region.left, region.height, region.width
    return region.left, region.top, region.width, region.height
