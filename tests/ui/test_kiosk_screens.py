"""The kiosk's screens under real touches, offscreen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from devices.ipc.messages import (
    Glass,
    Picture,
    Ping,
    Pong,
    Print,
    Printed,
    Session,
    Submit,
    Submitted,
    TakePicture,
)
from kiosk.flows.request import Step
from tests.ui.kiosk_ui import SECRETS, SHOTS, KioskUi, fill_request, opened_kiosk

pytestmark = pytest.mark.ui


@pytest.fixture
def ui() -> Iterator[KioskUi]:
    yield from opened_kiosk()


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
    ui.settle()
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


def test_the_keyboard_is_there_again_after_going_home_and_back_to_search(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.do("open_search", "推进")
    ui.app.frame.screen.typing_done()
    ui.settle()
    assert not ui.app.frame.has_keyboard
    ui.app.do("go_home")
    ui.settle()

    ui.press("查询，查政策文件、办事指南")
    ui.settle()

    assert ui.app.kiosk.search.view.query == "推进"
    assert ui.app.frame.has_keyboard


def test_coming_back_from_a_record_leaves_the_keyboard_put_away(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.do("open_search", "推进")
    ui.app.frame.screen.typing_done()
    ui.app.do("open_record", "DDC0000001")
    ui.settle()

    ui.app.do("back")
    ui.settle()

    assert not ui.app.frame.has_keyboard


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


def test_a_picture_is_left_for_the_agent_but_never_of_a_visitors_screen(
    ui: KioskUi, tmp_path: Path
) -> None:
    ui.welcome()
    resting, visited = tmp_path / "resting.png", tmp_path / "visited.png"

    ui.answer(TakePicture(job="j1", path=str(resting)))
    ui.wait(lambda: any(isinstance(one, Picture) for one in ui.agent.sent), "picture")
    assert ui.agent.last(Picture) == Picture(job="j1")
    with Image.open(resting) as image:
        assert len(image.getcolors(1 << 24) or ()) > 50

    ui.press("查询，查政策文件、办事指南")
    ui.answer(TakePicture(job="j2", path=str(visited)))
    ui.wait(lambda: ui.agent.last(Picture).job == "j2", "answer")
    assert ui.agent.last(Picture).why == "session_open"
    assert not visited.exists()
