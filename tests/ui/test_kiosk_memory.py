"""What the kiosk's widgets hold, and what holds them, whenever memory is collected."""

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.kiosk_ui import LANDSCAPE, KioskUi, fill_request, opened_kiosk

pytestmark = pytest.mark.ui


@pytest.fixture
def ui() -> Iterator[KioskUi]:
    yield from opened_kiosk()


@pytest.fixture
def greedy(ui: KioskUi, monkeypatch: pytest.MonkeyPatch) -> KioskUi:
    """A kiosk whose memory is collected at the worst moment: each time a widget has just left its parent."""
    from kivy.uix.widget import Widget

    remove, clear = Widget.remove_widget, Widget.clear_widgets

    def remove_and_collect(self: Any, widget: Any) -> None:
        remove(self, widget)
        del widget
        gc.collect()

    def clear_and_collect(self: Any, children: Any = None) -> None:
        clear(self, children)
        del children
        gc.collect()

    monkeypatch.setattr(Widget, "remove_widget", remove_and_collect)
    monkeypatch.setattr(Widget, "clear_widgets", clear_and_collect)
    return ui


@pytest.mark.parametrize("go", ["open_request", "open_search", "open_consult", "open_record"])
def test_no_widget_of_a_screen_outlives_the_wipe(ui: KioskUi, go: str) -> None:
    ui.welcome()
    ui.app.kiosk.touch()
    ui.app.do(go, "DDC0000001") if go == "open_record" else ui.app.do(go)
    ui.settle()
    old = [weakref.ref(widget) for widget in ui.app.frame.screen.walk(restrict=True)]
    ui.press("结束使用")
    ui.settle()
    gc.collect()

    assert len(old) > 5
    assert [ref() for ref in old if ref() is not None] == []


def test_a_request_is_filled_while_memory_is_collected_at_every_removal(greedy: KioskUi) -> None:
    greedy.resize(LANDSCAPE)
    greedy.welcome()
    fill_request(greedy)
    greedy.settle()

    assert "核对" in "".join(greedy.texts())


def test_search_and_reader_survive_collection_at_every_removal(greedy: KioskUi) -> None:
    greedy.welcome()
    greedy.app.do("open_search", "推进")
    greedy.settle()
    greedy.app.do("open_record", "DDC0000001")
    greedy.settle()
    greedy.press("下一页")
    greedy.app.do("open_consult")
    greedy.settle()
    greedy.app.do("go_home")
    greedy.settle()

    assert greedy.app.kiosk.place == "home"
