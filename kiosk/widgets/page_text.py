"""One page of a document, drawn line by line from kiosk.flows.pages."""

from collections.abc import Sequence
from typing import Any

from kivy.app import App
from kivy.core.text import Label as CoreLabel
from kivy.core.text.markup import MarkupLabel
from kivy.graphics import Color, Rectangle
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.flows.pages import LINE_HEIGHT, Line, Style
from signage.kit.fonts import TEXT_FONT, plain_markup


class PageText(Widget):
    """Draws lines from the top; `text` is what they say."""

    text = StringProperty("")
    type_size = NumericProperty(32)

    def __init__(self, **kwargs: object) -> None:
        self._lines: tuple[Line, ...] = ()
        super().__init__(**kwargs)
        self.fbind("pos", self._draw)
        self.fbind("size", self._draw)
        App.get_running_app().theme.bind(ink=self._draw)  # weak: the theme outlives the page

    def show(self, lines: Sequence[Line], type_size: float) -> None:
        """Draw this page."""
        self._lines = tuple(lines)
        self.type_size = type_size
        self.text = "\n".join(line.text for line in lines)
        self._draw()

    def _draw(self, *_: object) -> None:
        ink = App.get_running_app().theme.ink
        step = self.type_size * LINE_HEIGHT
        self.canvas.clear()
        with self.canvas:
            Color(*ink)
            for number, line in enumerate(self._lines):
                if line.text.strip():
                    texture = self._texture(line)
                    top = self.top - number * step
                    y = top - (step + texture.height) / 2
                    Rectangle(texture=texture, size=texture.size, pos=(int(self.x), int(y)))

    def _texture(self, line: Line) -> Any:
        options = {
            "font_name": TEXT_FONT,
            "font_size": self.type_size,
            "bold": line.style is not Style.BODY,
        }
        markup = plain_markup(line.text)
        plain = markup == line.text
        # Markup labels eat the indent, so they are used only where a rare character asks for it.
        label = (
            CoreLabel(text=line.text, **options) if plain else MarkupLabel(text=markup, **options)
        )
        label.refresh()
        return label.texture
