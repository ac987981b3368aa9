"""Page buttons: what does not fit is turned to, never dragged."""

from kivy.properties import NumericProperty, StringProperty

from kiosk.widgets import action as _action  # noqa: F401 - its kv rules are used by ours
from kiosk.widgets.fold import Fold
from signage.kit.rules import load_rules

load_rules(__file__)


class PageBar(Fold):
    """Previous, where we are, next. Buttons besides scrolling: nothing by drag alone."""

    page = NumericProperty(0)
    pages = NumericProperty(0)
    where = StringProperty("")

    def __init__(self, **kwargs: object) -> None:
        self.register_event_type("on_turn")
        super().__init__(**kwargs)

    def show(self, page: int, pages: int, where: str) -> None:
        """Show the page."""
        self.page, self.pages, self.where = page, pages, where

    def on_turn(self, pages: int) -> None:
        """Called with -1 or 1."""
