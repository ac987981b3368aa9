"""What is kept as a picture looks as if it were drawn; rows are filled one a frame and never show what they showed."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from tests.ui.kiosk_ui import KioskUi, opened_kiosk

pytestmark = pytest.mark.ui


@pytest.fixture
def ui() -> Iterator[KioskUi]:
    yield from opened_kiosk()


def stills(ui: KioskUi) -> list[Any]:
    from kiosk.widgets.still import Still

    return [widget for widget in ui.app.frame.walk() if isinstance(widget, Still)]


def row_titles(ui: KioskUi) -> list[str]:
    from kiosk.widgets.press import RecordRow

    return [widget.title for widget in ui.visible() if isinstance(widget, RecordRow)]


def test_pictures_are_the_same_in_every_pixel_as_what_they_are_pictures_of(
    ui: KioskUi, tmp_path: Path
) -> None:
    ui.welcome(demo=True)
    ui.app.do("open_search", "推进")
    ui.settle()
    ui.shot(tmp_path / "pictures.png")
    found = stills(ui)
    pictures = [list(still.canvas.children) for still in found]
    for still in found:
        still.canvas.clear()
        for child in reversed(still.children):
            still._fbo.remove(child.canvas)
            still.canvas.add(child.canvas)
    ui.shot(tmp_path / "drawn.png")
    for still, picture in zip(found, pictures, strict=True):
        still.canvas.clear()
        for one in picture:
            still.canvas.add(one)
        for child in reversed(still.children):
            still._fbo.add(child.canvas)

    with Image.open(tmp_path / "pictures.png") as one, Image.open(tmp_path / "drawn.png") as other:
        assert len(found) > 8
        assert len(one.getcolors(1 << 24) or ()) > 20
        assert ImageChops.difference(one, other).getbbox() is None


def test_a_picture_is_drawn_anew_when_its_own_text_changes_and_only_then(ui: KioskUi) -> None:
    from kivy.graphics import Callback

    ui.welcome()
    ui.app.do("open_search")
    ui.settle()
    drawn: list[str] = []
    strip, keys = ui.app.frame.ids.title.parent, ui.app._dock.keyboard.ids.key_rows.parent
    for name, still in (("strip", strip), ("keys", keys)):
        with still._fbo.after:
            Callback(lambda _, name=name: drawn.append(name))
    ui.pump(4)
    drawn.clear()
    ui.app._dock.keyboard.target.insert_text("推")
    ui.pump(6)
    typed = list(drawn)
    ui.app.frame.ids.title.date = "2026年11月23日"
    ui.pump(6)

    assert typed == []
    assert "strip" in drawn
    assert "keys" not in drawn


def test_a_row_that_comes_back_never_shows_what_it_showed_before(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.do("open_search", "推进")
    ui.settle()
    before = row_titles(ui)
    ui.app.do("type_query", "没有这样的东西")
    ui.clock.advance(1)
    ui.wait(lambda: not row_titles(ui), "no rows")

    ui.app.do("type_query", "最低")
    ui.clock.advance(1)
    seen: set[str] = set()

    def is_filled() -> bool:
        seen.update(row_titles(ui))
        return len(row_titles(ui)) == 6

    ui.wait(is_filled, "six rows")

    assert len(before) == 6
    assert not seen & set(before)


def test_rows_are_filled_one_a_frame(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.do("open_search", "推进")
    ui.settle()
    ui.app.do("type_query", "最低")
    ui.clock.advance(1)
    steps: list[int] = []

    def is_filled() -> bool:
        steps.append(sum("最低" in title for title in row_titles(ui)))
        return steps[-1] == 6

    ui.wait(is_filled, "six rows")

    assert max(b - a for a, b in pairwise(steps)) == 1


def test_in_high_contrast_rows_stand_on_the_new_ground(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.do("open_search", "推进")
    ui.settle()
    ui.app.do("toggle_contrast")
    ui.settle()

    assert {tuple(still.behind) for still in ui.app.frame.screen.ids.rows._stills} == {
        tuple(ui.app.theme.ground)
    }


def test_while_a_search_goes_on_nothing_is_said_to_be_missing(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.do("open_search", "没有这样的东西")
    ui.settle()
    assert "没有找到“没有这样的东西”" in ui.texts()

    said: list[str] = []
    ui.app.do("type_query", "最低")
    ui.clock.advance(1)

    def is_found() -> bool:
        said.append(ui.texts())
        return "找到 7 条" in said[-1]

    ui.wait(is_found, "results")

    assert not any("没有找到" in one for one in said)
