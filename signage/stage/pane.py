"""One area of the screen: shows a view, and fades the next one in over it, so that it is never empty."""

from kivy.animation import Animation
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.stencilview import StencilView
from kivy.uix.widget import Widget

FADE_S = 0.18


class Pane(FloatLayout, StencilView):
    """Holds one view; two while one fades into the other."""

    def show(self, view: Widget) -> None:
        """Show this view; the one before stays under it until it is covered."""
        self._drop_all_but_newest()
        under = self.children[0] if self.children else None
        sheet = Sheet()
        sheet.add_widget(view)
        self.add_widget(sheet)
        if under is None:
            return
        sheet.opacity = 0
        fade = Animation(opacity=1, duration=FADE_S)
        fade.bind(on_complete=lambda *_: self._drop_all_but_newest())
        fade.start(sheet)

    @property
    def view(self) -> Widget | None:
        """The newest view."""
        return self.children[0].children[0] if self.children else None

    def _drop_all_but_newest(self) -> None:
        for old in self.children[1:]:
            self.remove_widget(old)
        if self.children:
            Animation.cancel_all(self.children[0], "opacity")
            self.children[0].opacity = 1


class Sheet(BoxLayout):
    """An opaque ground under a view, so that a fade shows no double picture."""
