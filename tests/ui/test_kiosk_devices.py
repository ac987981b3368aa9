"""Cards, scans and people at the real screens."""

from collections.abc import Iterator

import msgspec
import pytest

from devices.ipc.messages import (
    CardSeen,
    CardWanted,
    DeviceHealth,
    Presence,
    Progress,
    Rest,
    Scanned,
    Session,
)
from tests.support.fake_kiosk import welcome
from tests.ui.kiosk_ui import SECRETS, KioskUi, opened_kiosk

pytestmark = pytest.mark.ui

CODE = "7KQ2M9XD4F"


@pytest.fixture
def ui() -> Iterator[KioskUi]:
    yield from opened_kiosk()


def lay_card(ui: KioskUi) -> None:
    ui.answer(DeviceHealth(device="id_card", level="ok"))
    ui.press("申请公开，依法申请政府信息")
    ui.settle()
    step = ui.agent.last(CardWanted).step
    name, number = SECRETS["name"], SECRETS["id_number"]
    ui.answer(CardSeen(step=step, state="read", name=name, number=number))
    ui.settle()


def test_a_card_fills_in_the_form_and_its_number_is_never_on_the_screen(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.kiosk.touch()
    lay_card(ui)

    assert SECRETS["name"] in ui.texts()
    assert "请取回身份证" in ui.texts()
    assert "5122**********1234" in ui.texts()
    assert SECRETS["id_number"] not in ui.texts()
    assert ui.app.kiosk.request.view.form.id_number == SECRETS["id_number"]


def test_a_masked_number_is_cleared_by_one_backspace_and_typed_anew(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.kiosk.touch()
    lay_card(ui)
    ui.press("身份证号或统一社会信用代码")
    ui.app._dock.keyboard.target.backspace()
    ui.settle()
    assert ui.app.kiosk.request.view.form.id_number == ""

    ui.app._dock.keyboard.target.insert_text("51")
    ui.settle()
    assert ui.app.kiosk.request.view.form.id_number == "51"
    assert "*" not in ui.texts()


def test_after_who_left_nothing_of_the_card_is_on_the_screen(ui: KioskUi) -> None:
    ui.welcome()
    ui.app.kiosk.touch()
    lay_card(ui)
    ui.answer(Presence(present=False))
    ui.wait(lambda: "还在使用吗？" in ui.texts(), "countdown")
    ui.clock.advance(5)
    ui.wait(lambda: "还在使用吗？" not in ui.texts(), "wipe")
    ui.settle()

    assert SECRETS["name"] not in ui.texts()
    assert "1234" not in ui.texts()
    assert ui.app.kiosk.place == "home"


def test_a_receipt_scanned_while_typing_is_shown_in_a_card_no_taller_than_its_words(
    ui: KioskUi,
) -> None:
    ui.welcome()
    ui.app.do("open_request")  # the keyboard leaves the next screen wide for a moment
    ui.settle()
    ui.answer(Scanned(kind="receipt", code=CODE))
    ui.answer(Progress(code=CODE, error="unknown"))
    ui.settle()
    card = ui.app.frame.screen.children[-1]

    assert "没有查到这个查询码" in ui.texts()
    assert card.height == pytest.approx(card.minimum_height)
    assert card.height < ui.app.frame.screen.height / 3


def test_a_receipt_that_was_away_is_asked_for_again_by_touch(ui: KioskUi) -> None:
    ui.welcome()
    ui.answer(Scanned(kind="receipt", code=CODE))
    ui.answer(Progress(code=CODE, error="away"))
    ui.settle()
    ui.press("再查一次")
    assert "正在查询" in ui.texts()
    ui.answer(Progress(code=CODE, state="已登记", text="已收到。", next_step="请等候。"))
    ui.settle()

    assert "已登记" in ui.texts()


def test_a_kiosk_where_nobody_is_at_hand_learns_so_from_its_agent(ui: KioskUi) -> None:
    ui.welcome()
    assert "现场工作人员" in ui.texts()
    alone = msgspec.structs.replace(welcome(), attended=False, phone="0000-12345")
    ui.answer(alone)
    ui.settle()

    assert "现场工作人员" not in ui.texts()
    assert "请拨打 0000-12345" in ui.texts()


def test_a_dark_screen_shows_nothing_and_its_first_touch_presses_nothing(ui: KioskUi) -> None:
    ui.welcome()
    ui.answer(Rest(on=True))
    ui.settle()
    assert type(ui.app.frame.children[0]).__name__ == "DarkOverlay"
    tile = ui.app.frame.screen
    ui.tap_at(*tile.to_window(tile.center_x, tile.y + tile.height * 0.4))
    ui.settle()

    assert ui.app.kiosk.place == "home"
    assert ui.agent.last(Session).active
    assert "DarkOverlay" not in [type(one).__name__ for one in ui.app.frame.children]
