"""What is kept as a picture looks as if it were drawn; rows are filled one a frame and never show what they showed."""

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from tests.ui.driver import PORTRAIT, prepare_window
from tests.ui.kiosk_ui import LANDSCAPE, KioskUi, opened_kiosk

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


def draw_directly(still: Any) -> None:
    """Take the picture away for good and draw what it is a picture of."""
    for what in ("pos", "size", "opacity"):
        still.funbind(what, still._settle)
    still._picture.end()
    still.canvas.clear()
    still.canvas.add(still._held)


def differs(one: Path, other: Path) -> tuple[int, int, int, int] | None:
    """Return the smallest box around all pixels that are not the same."""
    with Image.open(one) as left, Image.open(other) as right:
        assert len(left.getcolors(1 << 24) or ()) > 20
        return ImageChops.difference(left, right).getbbox()


def test_pictures_are_the_same_in_every_pixel_as_what_they_are_pictures_of(
    ui: KioskUi, tmp_path: Path
) -> None:
    ui.welcome(demo=True)
    ui.app.do("open_search", "推进")
    ui.settle()
    ui.shot(tmp_path / "pictures.png")
    found = stills(ui)
    for still in found:
        draw_directly(still)
    ui.shot(tmp_path / "drawn.png")

    assert len(found) > 11
    assert differs(tmp_path / "pictures.png", tmp_path / "drawn.png") is None


def test_pictures_are_the_same_on_a_graphics_processor_which_draws_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_window()
    from kiosk.widgets import picture

    shots = []
    for name, copier in (("copied", picture.copier), ("drawn", lambda: None)):
        monkeypatch.setattr(picture, "copier", copier)
        for ui in opened_kiosk():
            ui.welcome(demo=True)
            ui.app.do("open_search", "推进")
            ui.settle()
            assert {still._picture._copy is None for still in stills(ui)} == {name == "drawn"}
            ui.shot(tmp_path / f"{name}.png")
            shots.append(tmp_path / f"{name}.png")

    assert differs(*shots) is None


def random_step(ui: KioskUi, chance: random.Random) -> str:
    """Do what a visitor may do; return what it was."""
    step = chance.choice(("type", "type", "search", "empty", "size", "contrast", "home", "turn"))
    match step:
        case "type":
            ui.app.do("open_search")
            ui.app.frame.screen.open_keys()
            ui.settle()
            ui.app._dock.keyboard.target.insert_text(chance.choice("推进公开abc"))
        case "search":
            ui.app.do("open_search", chance.choice(("推进", "最低", "没有这样的东西")))
        case "empty":
            ui.app.do("type_query", "")
        case "size":
            ui.app.do("next_text_size")
        case "contrast":
            ui.app.do("toggle_contrast")
        case "home":
            ui.app.do("go_home")
        case _:
            ui.resize(chance.choice((PORTRAIT, LANDSCAPE)))
    ui.clock.advance(1)
    ui.settle()
    ui.settle()  # the list says how many rows fit, and is given so many
    return step


def test_no_picture_is_ever_stale_whatever_a_visitor_does(ui: KioskUi, tmp_path: Path) -> None:
    shown, anew = tmp_path / "shown.png", tmp_path / "anew.png"
    chance = random.Random(20261123)  # noqa: S311 - not a secret
    ui.welcome(demo=True)
    done = []
    for _ in range(40):
        done.append(random_step(ui, chance))
        ui.shot(shown)
        for still in stills(ui):
            still._picture._fbo.ask_update()
        ui.shot(anew)
        assert differs(shown, anew) is None, done
    for still in stills(ui):
        draw_directly(still)
    ui.shot(anew)

    assert len(set(done)) == 7
    assert differs(shown, anew) is None


def test_a_picture_is_drawn_anew_when_its_own_text_changes_and_only_then(ui: KioskUi) -> None:
    from kivy.graphics import Callback

    ui.welcome()
    ui.app.do("open_search")
    ui.settle()
    drawn: list[str] = []
    strip, keys = ui.app.frame.ids.title.parent, ui.app._dock.keyboard.ids.key_rows.parent
    for name, still in (("strip", strip), ("keys", keys)):
        with still._picture._fbo.after:
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
