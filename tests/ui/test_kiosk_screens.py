"""The kiosk's screens under real touches, offscreen."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.ipc.messages import (
    Glass,
    LinkState,
    Ping,
    Pong,
    Print,
    Printed,
    Session,
    Submit,
    Submitted,
)
from kiosk.flows.request import Step
from kiosk.flows.session import SessionSettings
from tests.support.fake_kiosk import (
    FakeAgent,
    FakeClock,
    FakeContent,
    make_ports,
    some_records,
    welcome,
)
from tests.ui.driver import PORTRAIT, Ui, prepare_window

pytestmark = pytest.mark.ui

LANDSCAPE = (1920, 1080)
SECRETS = {
    "name": "某某某乙",
    "id_number": "512299199001011234",
    "phone": "13800000000",
    "body": "某某某乙局",
    "description": "某某某乙想知道的事",
}
SHOTS = Path("/tmp/shots-kiosk")  # noqa: S108 - pictures for the eye, kept by nobody


class KioskUi(Ui):
    """The real app on fake ports."""

    def __init__(self) -> None:
        from kiosk.app import KioskApp

        self.agent, self.clock = FakeAgent(), FakeClock()
        self.content = FakeContent(some_records())
        ports = make_ports(self.agent, self.clock, self.content)
        app = KioskApp(
            ports=ports, link=self.agent, settings=SessionSettings(), on_ready=lambda: None
        )
        super().__init__(app)

    def welcome(self, **changes: Any) -> None:
        self.agent.queued.append(welcome(**changes))
        self.wait(lambda: not self.agent.queued and self.app.kiosk.has_content, "welcome")
        self.settle()

    def answer(self, message: Any) -> None:
        self.agent.queued.append(message)
        self.wait(lambda: not self.agent.queued, "message taken")
        self.pump(2)

    def settle(self) -> None:
        """Let a turn of the app's own event pass, and what it set off be drawn."""
        turns = self.app.turns
        self.wait(lambda: self.app.turns > turns + 1, "turns")
        self.pump(4)

    def type_into(self, label: str, text: str) -> None:
        self.press(label)
        self.app._dock.keyboard.target.insert_text(text)
        self.pump(2)


@pytest.fixture
def ui() -> Iterator[KioskUi]:
    prepare_window()
    driver = KioskUi()
    driver.resize(PORTRAIT)
    yield driver
    driver.resize(PORTRAIT)
    driver.close()


def fill_request(ui: KioskUi) -> None:
    ui.press("申请公开，依法申请政府信息")
    ui.type_into("姓名或单位名称", SECRETS["name"])
    ui.type_into("身份证号或统一社会信用代码", SECRETS["id_number"])
    ui.type_into("联系电话", SECRETS["phone"])
    ui.press("下一步")
    ui.type_into("向哪个机关申请", SECRETS["body"])
    ui.type_into("需要的信息", SECRETS["description"])
    ui.press("下一步")
    ui.press("下一步")


def test_the_first_screen_answers_before_the_agent_is_there(ui: KioskUi) -> None:
    assert "正在准备资料" in ui.texts()

    ui.press("查询，查政策文件、办事指南")

    assert ui.app.kiosk.place == "search"


def test_a_document_is_found_by_touch_read_printed_and_taken_along(ui: KioskUi) -> None:
    ui.welcome()
    ui.press("查询，查政策文件、办事指南")
    for letter in "tuijin":
        ui.press(letter)
    ui.app._dock.keyboard.typist.clear()
    ui.app._dock.keyboard.target.insert_text("推进")
    ui.clock.advance(0.2)
    ui.wait(lambda: "找到 8 条" in ui.texts(), "results")
    row = next(w for w in ui.actionable() if w.a11y_label.startswith("文件："))
    ui.tap(row)
    ui.settle()
    assert "云政办发〔2026〕1号" in ui.texts()
    page = ui.app.frame.screen.ids.page.text
    ui.press("下一页")
    assert ui.app.frame.screen.ids.page.text != page

    ui.press("打印带走")
    assert "正在打印" in ui.texts()
    ui.answer(Printed(job=ui.agent.last(Print).job, outcome="printed"))
    ui.settle()
    assert "已打印，请取走单据。" in ui.texts()

    ui.press("手机带走")
    ui.settle()
    assert decoded(ui) == {"https://zone.example:8080/d/DDC0000001"}


def test_a_query_is_cleared_by_touch_after_the_keyboard_was_put_away(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.do("open_search", "推进")
    ui.app.frame.screen.typing_done()
    ui.settle()

    ui.press("清除")

    assert ui.app.kiosk.search.view.query == ""
    assert ui.app.frame.has_keyboard


def test_when_paper_fails_the_code_is_shown_and_the_slip_can_be_printed_again(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.do("open_record", "DDC0000001")
    ui.settle()
    ui.press("打印带走")
    ui.answer(Printed(job=ui.agent.last(Print).job, outcome="not_started", reason="paper_out"))
    ui.settle()

    assert "打印机缺纸" in ui.texts()
    assert decoded(ui) == {"https://zone.example:8080/d/DDC0000001"}
    ui.press("补打一份")
    assert [type(m) for m in ui.agent.sent].count(Print) == 2


def test_a_request_is_filed_by_touch_and_its_receipt_can_be_scanned_and_printed(
    ui: KioskUi,
) -> None:
    ui.welcome()
    fill_request(ui)
    assert "5122**********1234" in ui.texts()
    ui.press("确认提交")
    assert "已保存" not in ui.texts()
    submit = ui.agent.last(Submit)
    assert {name: submit.form[name] for name in SECRETS} == SECRETS

    ui.answer(Submitted(key=submit.key, code="7KQ2M9XD4F"))
    ui.settle()
    assert "已保存" in ui.texts()
    assert "7KQ2-M9X-D4F" in ui.texts()
    assert decoded(ui) == {"https://zone.example:8080/r/7KQ2M9XD4F"}
    ui.press("打印回执")
    assert ui.agent.last(Print).slip["kind"] == "receipt"


def test_what_is_missing_is_said_beside_its_field(ui: KioskUi) -> None:
    ui.welcome()
    ui.press("申请公开，依法申请政府信息")
    ui.press("下一步")
    ui.settle()

    assert "请填写name。" in ui.texts()
    assert "请填写phone。" in ui.texts()


def test_a_department_on_offer_is_taken_with_one_tap(ui: KioskUi) -> None:
    ui.welcome()
    fill_request(ui)
    ui.app.kiosk.request.edit(Step.WHAT)
    ui.app.kiosk.request.set("body", "")
    ui.app.render()
    ui.settle()
    ui.press("向哪个机关申请")
    ui.settle()
    ui.press("云岭县人民政府办公室")

    assert ui.app.kiosk.request.view.form.body == "云岭县人民政府办公室"


def test_idle_asks_and_any_touch_goes_on_without_pressing_what_lies_below(ui: KioskUi) -> None:
    ui.welcome()
    fill_request(ui)
    ui.clock.advance(95)
    ui.wait(lambda: "还在使用吗？" in ui.texts(), "warning")
    assert "25" in ui.texts()

    below = next(w for w in ui.actionable() if w.a11y_label == "确认提交")
    ui.tap(below)

    assert "还在使用吗？" in ui.texts() or ui.app.kiosk.view().session.phase == "active"
    ui.settle()
    assert "还在使用吗？" not in ui.texts()
    assert not any(isinstance(m, Submit) for m in ui.agent.sent)
    assert ui.app.kiosk.request.view.form.name == SECRETS["name"]


def everything_in(top: Any) -> str:
    """Return every text of every widget, visible or not, and of the flows and the keyboard."""
    texts = []
    for widget in top.walk():
        for name, prop in widget.properties().items():
            if type(prop).__name__ in {"StringProperty", "ListProperty", "ObjectProperty"}:
                texts.append(str(getattr(widget, name)))
    return "\n".join(texts)


def test_after_the_countdown_no_widget_holds_anything_of_the_visitor(ui: KioskUi) -> None:
    ui.welcome()
    fill_request(ui)
    ui.press("确认提交")
    ui.answer(Submitted(key=ui.agent.last(Submit).key, code="7KQ2M9XD4F"))
    ui.settle()
    ui.app.do("open_search")
    ui.settle()
    for letter in "nongcun":
        ui.press(letter)
    keyboard = ui.app._dock.keyboard
    keyboard.target.insert_text(SECRETS["name"])
    ui.clock.advance(0.2)
    ui.settle()
    assert SECRETS["name"] in everything_in(ui.root)

    ui.clock.advance(121)
    ui.wait(lambda: not ui.agent.last(Session).active, "session ended")
    ui.settle()

    held = everything_in(ui.root) + everything_in(keyboard) + repr(vars(keyboard.typist))
    for flow in ("search", "reader", "request", "printing", "consult"):
        held += repr(getattr(ui.app.kiosk, flow).view)
    traces = (*SECRETS.values(), "7KQ2M9XD4F", "7KQ2-M9X-D4F", "nongcun", "5122****")
    assert [trace for trace in traces if trace in held] == []
    assert ui.app._dock.keyboard is None
    assert ui.app.kiosk.place == "home"
    assert ui.app.theme.scale == 1.0


def test_no_old_screen_outlives_the_wipe(ui: KioskUi) -> None:
    import gc
    import weakref

    ui.welcome()
    fill_request(ui)
    old = weakref.ref(ui.app.frame.screen)
    ui.press("结束使用")
    ui.settle()
    gc.collect()

    assert old() is None


def test_a_mistake_in_a_screen_ends_in_a_calm_notice_on_the_first_screen(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.do("open_search")

    assert ui.app.recover(ZeroDivisionError())
    ui.settle()
    assert "刚才的操作没有完成" in ui.texts()
    assert ui.app.kiosk.place == "home"
    assert [ui.app.recover(ValueError()) for _ in range(4)] == [True, True, True, False]


def test_glass_is_reported_after_the_frame_and_a_ping_is_answered(ui: KioskUi) -> None:
    ui.welcome()
    ui.wait(lambda: any(isinstance(m, Glass) for m in ui.agent.sent), "glass")
    glass = ui.agent.last(Glass)
    assert glass.sequences == {"gov/512299": 7}
    assert glass.item == "DDC0000001"
    assert len(glass.frame) == 16

    ui.answer(Ping())
    pong = ui.agent.last(Pong)
    assert pong.screen == "home"
    assert pong.frames > 0


def test_settings_panel_and_closing_are_refused(ui: KioskUi) -> None:
    assert ui.app.open_settings() is True
    assert ui.window.dispatch("on_request_close") is True


def decoded(ui: KioskUi) -> set[str]:
    """Return what a phone would read from the screen as it is drawn."""
    import zxingcpp
    from PIL import Image

    path = SHOTS / "scan.png"
    ui.shot(path)
    return {code.text for code in zxingcpp.read_barcodes(Image.open(path))}


def show_home(ui: KioskUi) -> None:
    ui.app.do("go_home")


def show_search(ui: KioskUi) -> None:
    ui.app.do("open_search", "推进")


def show_results(ui: KioskUi) -> None:
    ui.app.do("open_search", "推进")
    ui.app.frame.screen.typing_done()


def show_nothing(ui: KioskUi) -> None:
    ui.app.do("open_search", "没有这样的东西")


def show_document(ui: KioskUi) -> None:
    ui.app.do("open_record", "DDC0000001")


def show_code(ui: KioskUi) -> None:
    ui.app.do("open_record", "DDC0000001")
    ui.app.do("print_record")
    ui.answer(Printed(job=ui.agent.last(Print).job, outcome="not_started", reason="cover_open"))


def show_item(ui: KioskUi) -> None:
    ui.app.do("open_record", "TEM0000001")


def show_gone(ui: KioskUi) -> None:
    ui.app.do("open_record", "NOTHING000")


def show_refused(ui: KioskUi) -> None:
    ui.content.bad["DDC0000002"] = "body_changed"
    ui.app.do("open_record", "DDC0000002")


def show_consult(ui: KioskUi) -> None:
    ui.app.do("open_consult")


def show_who(ui: KioskUi) -> None:
    ui.app.do("open_request")


def show_errors(ui: KioskUi) -> None:
    ui.app.do("open_request")
    ui.app.kiosk.request.next()


def _answer_all(ui: KioskUi, steps: int) -> None:
    ui.app.do("open_request")
    flow = ui.app.kiosk.request
    for name, value in SECRETS.items():
        flow.set(name, value)
    for _ in range(steps):
        flow.next()
    ui.app.render()


def show_what(ui: KioskUi) -> None:
    ui.app.do("open_request")
    for name in ("name", "id_number", "phone"):
        ui.app.kiosk.request.set(name, SECRETS[name])
    ui.app.kiosk.request.next()


def show_how(ui: KioskUi) -> None:
    _answer_all(ui, 2)
    ui.app.kiosk.request.set("delivery", "post")


def show_review(ui: KioskUi) -> None:
    _answer_all(ui, 3)


def show_saved(ui: KioskUi) -> None:
    _answer_all(ui, 3)
    ui.app.do("submit")
    ui.answer(Submitted(key=ui.agent.last(Submit).key, code="7KQ2M9XD4F", number="2026-0001"))


def show_failed(ui: KioskUi) -> None:
    _answer_all(ui, 3)
    ui.agent.connected = False
    ui.app.do("submit")


def show_idle(ui: KioskUi) -> None:
    ui.app.kiosk.touch()
    ui.clock.advance(95)


def show_offline(ui: KioskUi) -> None:
    ui.content.as_of = 1_795_311_000
    ui.answer(LinkState(online=False, last_contact=0))


def show_recovered(ui: KioskUi) -> None:
    ui.app.recover(ZeroDivisionError())


SHOWN: dict[str, Callable[[KioskUi], None]] = {
    name.removeprefix("show_"): value
    for name, value in sorted(globals().items())
    if name.startswith("show_")
}


@pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE], ids=["upright", "wide"])
@pytest.mark.parametrize("step", [0, 1, 2], ids=["normal", "large", "largest"])
@pytest.mark.parametrize("name", SHOWN)
def test_everything_is_large_enough_named_and_in_its_place(
    ui: KioskUi, name: str, step: int, size: tuple[int, int]
) -> None:
    from tests.ui.flaws import flaws

    ui.resize(size)
    ui.welcome(demo=True)
    ui.app.kiosk.touch()
    for _ in range(step):
        ui.app.do("next_text_size")
    SHOWN[name](ui)
    ui.settle()
    ui.settle()
    ui.shot(SHOTS / f"{'wide' if size == LANDSCAPE else 'upright'}-{step}-{name}.png")

    assert flaws(ui) == []


@pytest.mark.parametrize("name", ["home", "search", "document", "review", "saved"])
def test_high_contrast_draws_every_screen(ui: KioskUi, name: str) -> None:
    ui.welcome()
    ui.app.kiosk.touch()
    ui.press("高对比")
    SHOWN[name](ui)
    ui.settle()
    ui.shot(SHOTS / f"contrast-{name}.png")

    assert ui.app.theme.high_contrast
    assert tuple(ui.window.clearcolor) == (0, 0, 0, 1)
