"""Every screen of the kiosk at every type size, upright and wide: nothing too small, cut, unnamed or on another."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from content.answers.answer import Answer, Answers, Certainty
from content.disclosure.record import Block, BlockKind
from devices.drivers.reasons import Kind, Reason
from devices.drivers.reasons import say as say_reason
from devices.ipc.messages import (
    CardSeen,
    CardWanted,
    DeviceHealth,
    LinkState,
    Print,
    Printed,
    Progress,
    Scanned,
    Submit,
    Submitted,
)
from tests.support.fake_kiosk import document
from tests.ui.driver import PORTRAIT
from tests.ui.kiosk_ui import LANDSCAPE, SECRETS, SHOTS, KioskUi, opened_kiosk

pytestmark = pytest.mark.ui


@pytest.fixture
def ui() -> Iterator[KioskUi]:
    yield from opened_kiosk()


def show_home(ui: KioskUi) -> None:
    ui.app.do("go_home")


def show_search(ui: KioskUi) -> None:
    ui.app.do("open_search", "推进")


def show_results(ui: KioskUi) -> None:
    ui.app.do("open_search", "推进")
    ui.app.frame.screen.typing_done()


def show_nothing(ui: KioskUi) -> None:
    ui.app.do("open_search", "没有这样的东西")


QUOTE = Answer(
    "DDC0000001",
    "关于提高城乡居民最低生活保障标准的通知",
    "（一）城市居民最低生活保障标准由每人每月700元提高到760元。（二）农村居民最低生活保障标准由每人每月520元提高到560元。\n"
    "（三）特困人员基本生活标准按城市、农村低保标准的1.3倍确定，照料护理费按自理能力分档发放。新标准自2026年7月1日起执行。",
    ((3, 14), (62, 70)),
    "一、保障标准",
    date(2026, 6, 20),
    "示范县人民政府办公室",
    12.0,
)
QUESTION = "推进什么工作"


def show_answer(ui: KioskUi) -> None:
    ui.content.answers[QUESTION] = Answers(Certainty.FOUND, (QUOTE,))
    ui.app.do("open_search", QUESTION)


def show_answers(ui: KioskUi) -> None:
    ui.content.answers[QUESTION] = Answers(Certainty.SEVERAL, (QUOTE, QUOTE))
    ui.app.do("open_search", QUESTION)


def show_chips(ui: KioskUi) -> None:
    ui.app.do("open_search", "最低")


def show_document(ui: KioskUi) -> None:
    ui.app.do("open_record", "DDC0000001")


def show_code(ui: KioskUi) -> None:
    ui.app.do("open_record", "DDC0000001")
    ui.app.do("print_record")
    ui.answer(Printed(job=ui.agent.last(Print).job, outcome="not_started", reason="cover_open"))


def show_item(ui: KioskUi) -> None:
    ui.app.do("open_record", "TEM0000001")


def show_policy(ui: KioskUi) -> None:
    policy = replace(
        document(1, title="云岭县高龄津贴发放办法"),
        id="DDC0000077",
        blocks=(
            Block(BlockKind.HEADING, "一、补贴对象", 1),
            Block(BlockKind.PARAGRAPH, "具有本县户籍、年满80周岁的老年人。"),
            Block(BlockKind.HEADING, "二、补贴标准", 1),
            Block(BlockKind.PARAGRAPH, "每人每月50元。"),
        ),
    )
    ui.content.records[policy.id] = policy
    ui.app.do("open_record", policy.id)
    ui.app.do("print_extra")
    ui.answer(Printed(job=ui.agent.last(Print).job, outcome="printed"))


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


READER = DeviceHealth(device="id_card", level="ok")
SORRY = say_reason(Kind.ID_CARD, Reason.UNPLUGGED).visitor


def show_card_wanted(ui: KioskUi) -> None:
    ui.answer(READER)
    ui.app.do("open_request")


def show_card_read(ui: KioskUi) -> None:
    show_card_wanted(ui)
    ui.settle()
    step = ui.agent.last(CardWanted).step
    number = SECRETS["id_number"]
    ui.answer(CardSeen(step=step, state="read", name=SECRETS["name"], number=number))


def show_card_trouble(ui: KioskUi) -> None:
    ui.answer(DeviceHealth(device="id_card", level="down", reason="unplugged", visitor=SORRY))
    ui.app.do("open_request")


def show_progress(ui: KioskUi) -> None:
    ui.answer(Scanned(kind="receipt", code="7KQ2M9XD4F"))
    ui.answer(
        Progress(
            code="7KQ2M9XD4F",
            state="需要您补充说明",
            text="申请内容不够明确，行政机关已告知您需要补充什么。补充之后，答复期限重新计算（条例第三十条）。",
            next_step="请按补正告知的要求，在告知的期限内补充。逾期不补充，视为放弃申请。",
            lines=(
                ("受理号", "2026-0001"),
                ("提交日期", "2026年11月20日"),
                ("收到日期", "2026年11月21日"),
                ("答复期限", "2026年12月18日"),
            ),
        )
    )


def show_progress_away(ui: KioskUi) -> None:
    ui.app.do("open_request")  # its keyboard makes the place of the next screen wide for a moment
    ui.settle()
    ui.answer(Scanned(kind="receipt", code="7KQ2M9XD4F"))
    ui.answer(Progress(code="7KQ2M9XD4F", error="away"))


def show_foreign_scan(ui: KioskUi) -> None:
    ui.answer(Scanned(kind="other"))


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


def test_a_screen_turned_from_square_to_upright_keeps_no_room_for_an_absent_keyboard(
    ui: KioskUi,
) -> None:
    ui.welcome()
    ui.resize((1080, 1080))
    ui.settle()
    ui.resize(PORTRAIT)
    ui.settle()

    assert ui.app.frame.ids.dock.height == 0
    assert ui.app.frame.screen.height > PORTRAIT[1] / 2
