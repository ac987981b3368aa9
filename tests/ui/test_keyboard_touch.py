"""The touch keyboard under real touches."""

from collections.abc import Callable, Iterator
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from typing_extensions import override

from tests.ui.driver import PORTRAIT, Ui, prepare_window

pytestmark = pytest.mark.ui


class KeyboardUi(Ui):
    """The keyboard at the foot of a window, writing into a field of the kiosk."""

    @override
    def wait(self, fact: Callable[[], object], what: str = "") -> None:
        end = monotonic() + 10
        while not fact():
            assert monotonic() < end, f"never came true: {what}"
            self.pump()

    @override
    def close(self) -> None:
        from kivy.app import App

        self.window.remove_widget(self.root)
        App._running_app = None
        self.pump(2)

    @property
    def keyboard(self) -> Any:
        return self.app.keyboard

    @property
    def field(self) -> Any:
        return self.app.field

    def type(self, letters: str) -> None:
        for letter in letters:
            self.press(letter)


def make_app() -> Any:
    from kivy.app import App
    from kivy.uix.boxlayout import BoxLayout

    from kiosk.input.composer import Proposals
    from kiosk.input.lexicon import ContentLexicon
    from kiosk.input.viterbi import ViterbiPinyin
    from kiosk.widgets.field import Field
    from kiosk.widgets.keyboard import TouchKeyboard
    from signage.kit.fonts import register
    from signage.kit.theme import Theme

    class BenchApp(App):
        theme = Theme()

        def build(self) -> Any:
            register()
            lexicon = ContentLexicon()
            lexicon.add(["农村危房改造补助资金管理办法", "低保申请"])
            self.field = Field(label="内容")
            self.keyboard = TouchKeyboard(proposals=Proposals(ViterbiPinyin(), lexicon))
            self.keyboard.target = self.field
            root = BoxLayout(orientation="vertical")
            root.add_widget(self.field)
            root.add_widget(BoxLayout())
            root.add_widget(self.keyboard)
            return root

    return BenchApp()


@pytest.fixture
def ui() -> Iterator[KeyboardUi]:
    prepare_window()
    driver = KeyboardUi(make_app())
    driver.resize(PORTRAIT)
    driver.pump(4)
    yield driver
    driver.close()


def test_a_word_is_typed_and_chosen_by_touch(ui: KeyboardUi) -> None:
    ui.type("nongcunweifanggaizao")
    assert ui.keyboard.composing == "nongcunweifanggaizao"

    ui.press("选词 农村危房改造")

    assert ui.field.text == "农村危房改造"
    assert ui.keyboard.composing == ""


def test_initials_of_the_content_are_understood(ui: KeyboardUi) -> None:
    ui.type("dbsq")

    ui.press("空格")

    assert ui.field.text == "低保申请"


def test_choosing_a_part_keeps_the_rest_open(ui: KeyboardUi) -> None:
    ui.type("nongcunweifang")
    while "选词 农村" not in [w.a11y_label for w in ui.actionable()]:
        ui.press("后页")

    ui.press("选词 农村")

    assert (ui.field.text, ui.keyboard.preview) == ("", "农村weifang")
    ui.press("删除")
    assert ui.keyboard.preview == "nongcunweifang"


def test_digits_and_marks_of_a_document_number(ui: KeyboardUi) -> None:
    ui.press("切换到数字和符号")

    for label in ("左六角括号", "2", "0", "2", "6", "右六角括号", "1", "9", "号"):
        ui.press(label)

    assert ui.field.text == "〔2026〕19号"


def test_capital_letters_and_back(ui: KeyboardUi) -> None:
    ui.press("切换到英文字母")
    ui.press("大写")
    ui.press("X")
    ui.press("小写")
    ui.press("x")

    assert ui.field.text == "Xx"


def test_letters_can_be_kept_as_they_are(ui: KeyboardUi) -> None:
    ui.type("wps")

    ui.press("不选汉字，直接输入字母 wps")

    assert ui.field.text == "wps"


def test_a_reset_leaves_nothing_of_the_visitor(ui: KeyboardUi) -> None:
    ui.type("nongcun")

    ui.keyboard.reset()
    ui.pump(2)

    assert (ui.keyboard.composing, ui.keyboard.preview, ui.keyboard.target) == ("", "", None)
    assert "nongcun" not in ui.texts()
    assert "农村" not in ui.texts()


def test_another_field_gets_what_is_typed_next_and_the_first_keeps_its_letters(
    ui: KeyboardUi,
) -> None:
    other = SimpleNamespace(text="", backspace=lambda: None)
    other.insert_text = lambda text: setattr(other, "text", other.text + text)
    ui.type("wps")

    ui.keyboard.target = other
    ui.press("切换到数字和符号")
    ui.press("7")

    assert (ui.field.text, other.text) == ("wps", "7")


def test_done_writes_what_is_open_and_says_so(ui: KeyboardUi) -> None:
    done: list[str] = []
    ui.keyboard.bind(on_done=lambda *_: done.append(ui.field.text))
    ui.type("dibao")

    ui.press("完成")

    assert len(done) == 1
    assert len(done[0]) == 2


@pytest.mark.parametrize("mode", ["pinyin", "letters", "digits"])
def test_every_key_is_large_enough_named_and_inside_the_screen(ui: KeyboardUi, mode: str) -> None:
    ui.keyboard.switch(mode)
    if mode == "pinyin":
        ui.type("shi")
    ui.pump(4)

    keys = ui.actionable()

    assert len(keys) > 25
    for one in keys:
        left, bottom, right, top = ui.box(one)
        assert one.a11y_label
        assert min(one.width, one.height) >= 80, one.a11y_label
        assert left >= 0
        assert bottom >= 0
        assert right <= PORTRAIT[0] + 0.5
        assert top <= PORTRAIT[1]


def test_holding_delete_takes_away_more_than_one_character(ui: KeyboardUi) -> None:
    ui.field.text = "一二三四五六七八"
    key = ui.find("删除")
    key.state = "down"

    ui.keyboard.hold(key)
    ui.wait(lambda: len(ui.field.text) <= 5, "held delete repeats")
    key.state = "normal"
    ui.keyboard.let_go(key)
    left = ui.field.text
    ui.pump(10)

    assert ui.field.text == left
