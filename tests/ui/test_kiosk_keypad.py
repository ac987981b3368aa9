"""The kiosk by keys alone: search, open, print, file. One test has a finger; the others have not one touch."""

import gc
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devices.drivers.keypad.codec import Key
from devices.ipc.messages import KeyPressed, Print, Printed, Session, Speak, Submit, Submitted
from tests.support.held_texts import held_texts
from tests.ui.kiosk_ui import SECRETS, KioskUi, opened_kiosk

pytestmark = pytest.mark.ui

MOST_KEYS = 80
TURNS = 12
"""Six rows are filled one a turn; what stands still for two is said."""
PATIENCE_S = 20.0


@pytest.fixture
def ui() -> Iterator[KioskUi]:
    yield from opened_kiosk()


class Blind:
    """A visitor who has the keys and the voice, and nothing else."""

    def __init__(self, ui: KioskUi) -> None:
        self.ui = ui
        self.keys = 0
        ui.welcome()
        self.key(Key.NEXT)  # wakes

    def key(self, key: Key) -> str:
        """Press a key; return what was said then."""
        before = len(self.ui.agent.sent)
        self.ui.app._hearing._receive(KeyPressed(key=str(key)))
        self.keys += 1
        self.listen()
        said = [m.text for m in self.ui.agent.sent[before:] if isinstance(m, Speak)]
        return " ".join(said)

    def quick(self, key: Key) -> str:
        """Press a key that only moves: what is said, is said at once."""
        before = len(self.ui.agent.sent)
        self.ui.app._hearing._receive(KeyPressed(key=str(key)))
        self.keys += 1
        return " ".join(m.text for m in self.ui.agent.sent[before:] if isinstance(m, Speak))

    def listen(self) -> None:
        """Let the search answer and the screen come to rest: only then is it said. Nobody looks, nothing is drawn."""
        from kivy.clock import Clock

        until = time.monotonic() + PATIENCE_S
        quiet = 0
        while quiet < TURNS:
            assert time.monotonic() < until, "the screen never came to rest"
            Clock.tick()
            Clock.tick_draw()
            self.ui.app._turn(0.05)
            quiet = 0 if self.ui.app.kiosk.search.is_waiting else quiet + 1

    @property
    def here(self) -> str:
        """What the ring is around."""
        at = self.ui.app._hand._walk.at
        return "" if at is None else str(at.said)

    def go_to(self, what: str) -> None:
        for _ in range(MOST_KEYS):
            if self.here.startswith(what):
                return
            assert self.quick(Key.NEXT)
        raise AssertionError(f"{what!r} is not to be reached, last {self.here!r}")

    def skip_to(self, what: str) -> None:
        """Go row by row, then key by key, as one does on a keyboard."""
        for _ in range(MOST_KEYS):
            if self.here == what:
                return
            row = [s.said for s in self.ui.app._hand._walk._sight.stops if s.group == self.group]
            self.quick(Key.NEXT if what in row[row.index(self.here) :] else Key.SKIP)
        raise AssertionError(f"no key {what!r}")

    @property
    def group(self) -> str:
        return str(self.ui.app._hand._walk.at.group)

    def choose(self, what: str) -> str:
        self.go_to(what)
        return self.key(Key.CHOOSE)

    def type(self, signs: str) -> str:
        said = ""
        for sign in signs:
            self.skip_to(sign)
            said = self.key(Key.CHOOSE)
        return said


def test_the_first_key_only_wakes_and_says_where_one_is(ui: KioskUi) -> None:
    ui.welcome()
    blind = Blind(ui)

    said = [m.text for m in ui.agent.sent if isinstance(m, Speak)]
    assert "中间键选择" in said[0]
    assert "云岭县政务公开专区" in said[0]
    assert ui.app.kiosk.place == "home"
    assert ui.agent.last(Session).active
    assert blind.here


def test_the_ring_is_around_what_is_said_and_is_thick(ui: KioskUi) -> None:
    blind = Blind(ui)
    blind.go_to("申请公开")
    ring = ui.app._hand._ring
    tile = ui.find("申请公开，依法申请政府信息")

    assert ring.parent is ui.app.frame
    assert ui.box(ring)[0] == pytest.approx(ui.box(tile)[0], abs=12)
    assert ui.box(ring)[3] == pytest.approx(ui.box(tile)[3], abs=12)
    assert 2 * ring._ink.width >= 10


def test_a_search_by_keys_finds_opens_and_prints(ui: KioskUi) -> None:
    blind = Blind(ui)
    blind.choose("查询")
    assert ui.app.kiosk.place == "search"
    assert blind.here.startswith("输入要查的内容")

    into_keys = blind.key(Key.CHOOSE)
    assert "屏幕键盘已打开" in into_keys
    said = blind.type("dibao")
    assert "d i b a o" in said
    blind.go_to("选词 低保")
    assert "现在是：低保" in blind.key(Key.CHOOSE)
    ui.clock.advance(1)
    blind.listen()
    assert "找到" in ui.agent.last(Speak).text

    opened = blind.choose("办事：最低生活保障对象认定")
    assert ui.app.kiosk.place == "reader"
    assert "办事指南" in opened
    blind.go_to("办理部门：")
    assert "打印" in blind.choose("打印带走")
    job = ui.agent.last(Print).job
    ui.answer(Printed(job=job, outcome="printed"))
    blind.listen()
    assert ui.agent.last(Speak).text == "已打印，请取走单据"


def test_a_request_is_filed_by_keys_alone_and_nothing_of_it_is_lost(ui: KioskUi) -> None:
    blind = Blind(ui)
    blind.choose("申请公开")
    say_who(blind)

    say_what(blind)
    blind.choose("下一步")
    blind.choose("确认提交")

    filed = ui.agent.last(Submit)
    assert filed.form["name"] == "张"
    assert filed.form["id_number"] == SECRETS["id_number"]
    assert filed.form["phone"] == "13800000000"
    assert filed.form["body"]
    assert filed.form["description"]
    ui.answer(Submitted(key=filed.key, code="7KQ2M9XD4F"))
    blind.listen()
    assert "已保存" in ui.agent.last(Speak).text
    blind.go_to("7KQ2")
    all_said = " ".join(m.text for m in ui.agent.sent if isinstance(m, Speak))
    assert SECRETS["id_number"] not in all_said
    assert "13800000000" not in all_said


def fill(blind: Blind, digits: str) -> None:
    blind.type(digits)
    blind.skip_to("完成")
    blind.key(Key.CHOOSE)


def say_who(blind: Blind) -> None:
    blind.choose("姓名或单位名称")
    blind.type("zhang")
    blind.go_to("选词 张")
    blind.key(Key.CHOOSE)
    blind.skip_to("完成")
    assert "身份证号" in blind.key(Key.CHOOSE)
    fill(blind, SECRETS["id_number"])
    fill(blind, "13800000000")
    blind.choose("下一步")


def say_what(blind: Blind) -> None:
    blind.choose("云岭县民政局")
    blind.type("yinshui")
    blind.choose("选词 ")
    blind.skip_to("完成")
    blind.key(Key.CHOOSE)
    blind.choose("下一步")


def test_back_and_home_lead_where_a_finger_would_be_led(ui: KioskUi) -> None:
    blind = Blind(ui)
    blind.choose("查询")
    blind.key(Key.BACK)
    assert ui.app.kiosk.place == "home"
    assert "不能再返回" in blind.key(Key.BACK)
    blind.choose("申请公开")
    blind.key(Key.HOME)

    assert ui.app.kiosk.place == "home"


def test_what_is_personal_is_said_only_when_it_is_wished(ui: KioskUi) -> None:
    blind = Blind(ui)
    blind.choose("申请公开")
    ui.app.kiosk.request.set("name", "某某某乙")
    ui.app.render()
    ui.settle()
    blind.go_to("姓名或单位名称")
    last = ui.agent.last(Speak).text
    wished = blind.key(Key.REPEAT)

    assert "某某某乙" not in last
    assert "已填写4个字" in last
    assert "某某某乙" in wished


def test_a_finger_takes_ring_and_voice_away_and_the_next_key_brings_them_back(ui: KioskUi) -> None:
    blind = Blind(ui)
    ring = ui.app._hand._ring
    ui.tap_at(5, 5)
    ui.settle()
    assert ring.parent is None
    assert ui.agent.last(Speak).text == ""

    assert "云岭县政务公开专区" in blind.key(Key.NEXT)


def test_who_is_asked_whether_he_is_there_hears_it_and_any_key_goes_on(ui: KioskUi) -> None:
    blind = Blind(ui)
    blind.choose("查询")
    ui.clock.advance(91)
    blind.listen()
    assert "还在使用吗" in ui.agent.last(Speak).text

    said = blind.key(Key.CHOOSE)
    assert "还在使用吗？" not in ui.texts()
    assert "查询" in said
    assert ui.app.kiosk.place == "search"


def test_the_end_of_the_session_is_said_and_leaves_neither_ring_nor_place(ui: KioskUi) -> None:
    blind = Blind(ui)
    blind.choose("查询")
    blind.choose("结束使用")

    assert "已清除" in ui.agent.last(Speak).text
    assert ui.app._hand is None
    assert "FocusRing" not in [type(one).__name__ for one in ui.app.frame.children]


def test_after_the_end_nothing_that_was_heard_or_seen_is_held(ui: KioskUi) -> None:
    blind = Blind(ui)
    blind.choose("申请公开")
    ui.app.kiosk.request.set("name", SECRETS["name"])
    blind.listen()
    blind.go_to("姓名或单位名称")
    assert SECRETS["name"] in blind.key(Key.REPEAT)
    assert any(SECRETS["name"] in text for text in held_texts(ui.app))
    old = [weakref.ref(one) for one in (ui.app._hand, *ui.app.frame.screen.walk(restrict=True))]
    blind.choose("结束使用")
    del blind
    ui.settle()
    gc.collect()

    assert not any(SECRETS["name"] in text for text in held_texts(ui.app))
    assert [ref() for ref in old if ref() is not None] == []


def test_a_telephone_number_is_said_with_whose_it_is_and_the_ring_hides_neither(
    ui: KioskUi,
) -> None:
    blind = Blind(ui)
    blind.choose("咨询")
    blind.listen()
    card = next(one for one in ui.app.frame.screen.walk() if type(one).__name__ == "ContactCard")

    blind.go_to(card.department)

    said = (card.department, card.phone, " ".join(card.place.split()))
    assert blind.here == "，".join(part for part in said if part)
    (ring,) = [one for one in ui.app.frame.children if type(one).__name__ == "FocusRing"]
    assert (*ring.pos, *ring.size) == (*card.to_window(*card.pos), *card.size)


def show_review(ui: KioskUi) -> None:
    ui.app.do("open_request")
    for name, value in SECRETS.items():
        ui.app.kiosk.request.set(name, value)
    for _ in range(3):
        ui.app.kiosk.request.next()
    ui.app.render()


@pytest.mark.parametrize("scale", [0, 2], ids=["normal", "largest"])
@pytest.mark.parametrize(
    "show",
    [
        lambda ui: ui.app.do("open_search", "最低"),
        lambda ui: ui.app.do("open_record", "TEM0000001"),
        lambda ui: ui.app.do("open_consult"),
        show_review,
    ],
    ids=["search", "item", "consult", "review"],
)
def test_everything_a_finger_can_press_is_reached_by_keys(
    ui: KioskUi, show: Callable[[KioskUi], None], scale: int
) -> None:
    blind = Blind(ui)
    for _ in range(scale):
        ui.app.do("next_text_size")
    show(ui)
    blind.listen()
    stops = {stop.ident for stop in ui.app._hand._walk._sight.stops}
    unreached: list[Any] = [
        one.a11y_label
        for one in ui.actionable()
        if not getattr(one, "quiet", False) and id(one) not in stops
    ]

    assert unreached == []
