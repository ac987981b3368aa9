"""Read the glass for those who do not see it: which things can be reached, in which order, and what each is called."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kivy.uix.label import Label
from kivy.uix.widget import Widget

from kiosk.flows.kiosk import Kiosk
from kiosk.flows.surround import Place
from kiosk.flows.walk import SCREEN, Sight, Stop
from kiosk.widgets.field import Field
from kiosk.widgets.frame import Frame
from kiosk.widgets.page_text import PageText
from kiosk.widgets.press import Press
from kiosk.words import Words
from signage.kit.text import FlowText, Icon

PERSONAL = frozenset({"name", "id_number", "phone", "address"})
"""Fields whose text is said only when the visitor asks for it: others may hear."""
_TAIL = 16
OVERLAYS = ("IdleOverlay", "DarkOverlay")


@dataclass(slots=True)
class Seen:
    """A sight, and the widget of each of its stops."""

    sight: Sight
    widgets: dict[int, Any] = field(default_factory=dict)


def look(frame: Frame, kiosk: Kiosk) -> Seen:
    """Return what is on the glass."""
    words = kiosk.words
    widgets: dict[int, Any] = {}
    stops = []
    cover = next((one for one in frame.children if type(one).__name__ in OVERLAYS), None)
    parts = [(cover, SCREEN)] if cover is not None else list(_parts(frame))
    for part, group in parts:
        for widget in _reachable(part):
            stop = _stop(
                widget, group, words, is_news=cover is None and not group.startswith("keys")
            )
            if stop.said:
                stops.append(stop)
                widgets[stop.ident] = widget
    page = type(cover).__name__ if cover is not None else _page(kiosk)
    title = words("walk.cover") if cover is not None else frame.screen.title
    keyboard = frame.keyboard
    target = None if keyboard is None or cover is not None else keyboard.target
    return Seen(
        Sight(
            page,
            title,
            tuple(stops),
            typed="" if target is None else _typed(keyboard, target, words),
            # Kivy's ids are weak proxies, whose identity is their own
            typing_into=0 if target is None else id(target.__self__),
        ),
        widgets,
    )


def _parts(frame: Frame) -> Iterator[tuple[Any, str]]:
    """Yield the parts of the frame with their groups, in reading order."""
    ids = frame.ids
    yield ids.bands, "title"
    yield ids.holder, SCREEN
    keyboard = frame.keyboard
    if keyboard is not None:
        yield keyboard.ids.candidates, "candidates"
        yield keyboard.ids.turns, "candidates"
        for number, row in enumerate(reversed(keyboard.ids.key_rows.children)):
            yield row, f"keys {number}"
    yield ids.nav, "foot"
    for one in frame.children:
        if type(one).__name__ == "NoticeCard":
            yield one, "notice"


def _reachable(widget: Any) -> Iterator[Any]:
    """Yield what can be pressed and what can be read. What is folded away, faded or quiet is not there."""
    if widget.opacity == 0 or widget.disabled or min(widget.size) < 1:
        return
    if getattr(widget, "a11y_hidden", False):
        return
    if isinstance(widget, Press):
        if not widget.quiet:
            yield widget
        return
    if is_text(widget) or getattr(widget, "is_one_stop", False):
        yield widget
        return
    for child in reversed(widget.children):
        yield from _reachable(child)


def is_text(widget: Any) -> bool:
    """Tell whether a widget is text and nothing around it."""
    return isinstance(widget, PageText) or (
        isinstance(widget, Label) and not isinstance(widget, Icon)
    )


def _stop(widget: Widget, group: str, words: Words, *, is_news: bool) -> Stop:
    if not isinstance(widget, Press):
        text = " ".join(_text_of(widget).split())
        return Stop(id(widget), group, text, news=text if is_news else "", acts=False)
    if isinstance(widget, Field):
        said = _field(widget, words)
        wished = f"{said}，{widget.text}" if widget.name in PERSONAL and widget.text else ""
        return Stop(id(widget), group, said, news=widget.error, wished=wished)
    parts = [widget.a11y_label, *(getattr(widget, name, "") for name in ("quote", "second"))]
    if getattr(widget, "chosen", False):
        parts.append(words("walk.chosen"))
    is_plain_button = group in {SCREEN, "foot"} and not hasattr(widget, "record")
    if is_plain_button and not hasattr(widget, "chosen"):
        parts.append(words("walk.button"))
    parts.append(widget.a11y_hint)
    return Stop(id(widget), group, "，".join(part for part in parts if part))


def _text_of(widget: Any) -> str:
    """Return what it says: a card that is one stop says all its texts."""
    if not is_text(widget):
        return "，".join(
            text
            for child in reversed(widget.children)
            if child.opacity and (text := _text_of(child))
        )
    return str(widget.body if isinstance(widget, FlowText) else widget.text)


def _field(one: Field, words: Words) -> str:
    parts = [one.a11y_label, words("walk.field"), _content(one, words), one.error]
    return "，".join(part for part in parts if part)


def _content(one: Any, words: Words) -> str:
    if not one.text:
        return words("walk.empty")
    if one.name in PERSONAL:
        return words("walk.filled", count=len(one.text))
    return str(one.text)


def _typed(keyboard: Any, target: Any, words: Words) -> str:
    """Return what the last key has made: the letters so far with the first proposal, or the end of the text."""
    if keyboard.composing:
        found = keyboard.typist.candidates
        letters = " ".join(keyboard.composing)
        return words("walk.composing", letters=letters, first=found[0].text if found else "")
    if target.name in PERSONAL or not target.text:
        return _content(target, words)
    return words("walk.typed", text=target.text[-_TAIL:])


def _page(kiosk: Kiosk) -> str:
    """Name the place, and within it the step or the document."""
    place, within = kiosk.place, ""
    if place is Place.READER:
        within = kiosk.reader.view.record
    elif place is Place.REQUEST:
        within = str(kiosk.request.view.step)
    return f"{place} {within}"
