"""The public screen in a real window, with a clock that the test moves."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typing_extensions import override

from content.disclosure.classes import DisclosureClass
from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.programme.builtin import default_programme
from content.programme.programme import OpeningHours
from content.replica.ports import Notices, Verified
from devices.ipc.messages import (
    Glass,
    LinkState,
    Ping,
    Pong,
    ReplicaChanged,
    ToAgent,
    ToUi,
    Welcome,
)
from tests.ui.driver import Ui, prepare_window

pytestmark = pytest.mark.ui

WIDE, UPRIGHT = (1920, 1080), (1080, 1920)
START = datetime(2026, 11, 20, 10, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
LONG = "清河县人民政府办公室关于印发清河县城乡居民最低生活保障审核确认和动态管理实施细则的通知"


class Weekdays:
    def is_workday(self, day: date) -> bool:
        return day.isoweekday() <= 5


class Replica:
    def __init__(self) -> None:
        self.papers: list[Verified] = []
        self.programmes: list[Verified] = []
        self.alarms = Notices()

    def sequences(self) -> dict[str, int]:
        return {"gov/512299": len(self.papers) + len(self.programmes)}

    def get(self, record_id: str) -> Verified:
        return next(one for one in self.papers if one.record.id == record_id)

    def newest(self, kind: str, *, limit: int, offset: int = 0) -> tuple[Verified, ...]:
        held = self.papers if kind == "document" else self.programmes
        return tuple(held[offset : offset + limit])

    def tampered(self) -> tuple[tuple[str, str], ...]:
        return ()

    def notices(self) -> Notices:
        return self.alarms

    def content_as_of(self) -> int:
        return int(START.timestamp())


class Link:
    """The agent's end: what it says next, and what it heard."""

    def __init__(self) -> None:
        self.connected = True
        self.said: list[ToUi] = []
        self.heard: list[ToAgent] = []

    def send(self, message: ToAgent) -> bool:
        self.heard.append(message)
        return True

    def drain(self, limit: int = 50) -> list[ToUi]:
        said, self.said = self.said[:limit], self.said[limit:]
        return said


class TestClock:
    __test__ = False

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


class ScreenUi(Ui):
    """The signage app, its agent and its clock."""

    replica: Replica
    link: Link
    clock: TestClock

    @override
    def wait(self, fact: Callable[[], object], what: str = "") -> None:
        end = monotonic() + 10
        while not fact():
            assert monotonic() < end, f"never came true: {what}"
            self.pump()

    @override
    def close(self) -> None:
        from kivy.app import App

        self.app.on_stop()
        self.window.remove_widget(self.root)
        App._running_app = None
        self.pump(2)

    def step(self, seconds: float = 0) -> None:
        self.clock.passed += seconds
        self.app._drain(0)
        self.app._step()
        self.pump(6)

    def publish(self, *papers: Verified) -> None:
        self.replica.papers[:0] = papers
        self.link.said.append(ReplicaChanged(sequences=self.replica.sequences()))
        self.step(1)

    @property
    def panes(self) -> dict[str, Any]:
        panes: dict[str, Any] = self.app.stage._panes
        return panes


def paper(number: int, title: str) -> Verified:
    lines = ["第一条　为规范管理，制定本办法。", "第二条　本办法适用于本县行政区域。" * 9] * 3
    record = DisclosureRecord(
        id=f"7KQ2M9XD{number:02d}",
        title=title,
        document_number=f"清政办发〔2026〕{number}号",
        issuing_body="清河县人民政府办公室",
        written_on=date(2026, 11, 10),
        published_on=date(2026, 11, 19),
        disclosure_class=DisclosureClass.PROACTIVE,
        region="512299",
        domain="",
        blocks=tuple(Block(BlockKind.PARAGRAPH, line) for line in lines),
    )
    return Verified(record, "gov/512299", 1, 0, ("甲", "乙"))


WELCOME = Welcome(
    terminal="t1",
    site="清河县政务服务大厅",
    region="512299",
    zone="清河县政务公开专区",
    public_url="https://zone.example:8080",
    replica="/nowhere/replica.db",
    trust_root={"keys": [], "threshold": 1},
    attended=True,
    has_printer=False,
)


def start(size: tuple[int, int]) -> ScreenUi:
    prepare_window(size)
    from signage.app import SignageApp
    from signage.conductor import Conductor
    from signage.place import Place

    replica, link, clock = Replica(), Link(), TestClock()
    conductor = Conductor(
        clock=clock,
        calendar=Weekdays(),
        open_replica=lambda _: replica,
        send=link.send,
        place=Place(),
    )
    app = SignageApp(conductor=conductor, link=link, clock=clock, pixel_mm=0.25)
    ui = ScreenUi(app)
    ui.replica, ui.link, ui.clock = replica, link, clock
    ui.resize(size)
    ui.step()
    return ui


@pytest.fixture(params=[WIDE, UPRIGHT], ids=["wide", "upright"])
def ui(request: pytest.FixtureRequest) -> Iterator[ScreenUi]:
    driver = start(request.param)
    yield driver
    driver.close()


def open_hall(ui: ScreenUi, *titles: str) -> None:
    ui.replica.papers = [paper(n, title) for n, title in enumerate(titles, 1)]
    ui.link.said.append(WELCOME)
    ui.step()


def test_before_anything_has_arrived_the_screen_says_what_the_zone_is_for(ui: ScreenUi) -> None:
    assert "欢迎来到政务公开专区" in ui.texts()
    assert "10:05" in ui.texts()


def test_the_head_names_the_zone_once_the_agent_has_told_it(ui: ScreenUi) -> None:
    assert "政务公开专区" in ui.texts().splitlines()

    open_hall(ui)

    assert "清河县政务公开专区" in ui.texts().splitlines()
    assert "政务公开专区" not in ui.texts().splitlines()


def test_soft_text_is_drawn_in_its_own_colour(ui: ScreenUi, tmp_path: Path) -> None:
    from PIL import Image

    open_hall(ui, LONG)
    ui.wait(lambda: len(ui.panes["main"].children) == 1, "fade is over")
    label = next(one for one in ui.visible() if "成文日期" in getattr(one, "body", ""))
    ui.root.export_to_png(str(tmp_path / "screen.png"))

    with Image.open(tmp_path / "screen.png") as picture:
        left, low, right, high = (round(side) for side in ui.box(label))
        piece = picture.convert("RGB").crop(
            (left, picture.height - high, right, picture.height - low)
        )
        red, green, blue = (band.getextrema()[0] for band in piece.split())

    ink = [round(255 * part) for part in label.color[:3]]
    assert sum(ink) > 60
    assert all(abs(a - b) <= 12 for a, b in zip((red, green, blue), ink, strict=True)), ink


def test_a_document_shows_title_number_body_and_day(ui: ScreenUi) -> None:
    open_hall(ui, LONG)

    shown = ui.texts()

    for text in (LONG, "清政办发〔2026〕1号", "清河县人民政府办公室", "2026年11月10日", "第一条"):
        assert text in shown


def test_nothing_of_a_card_lies_over_another_part_of_it(ui: ScreenUi) -> None:
    open_hall(ui, LONG)
    ui.pump(10)

    view = ui.panes["main"].view
    boxes = [
        ui.box(one)
        for one in ui.visible(view)
        if not one.children and any(getattr(one, name, None) for name in ("body", "text"))
    ]

    assert len(boxes) > 5
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            across = min(one[2], other[2]) - max(one[0], other[0])
            along = min(one[3], other[3]) - max(one[1], other[1])
            assert across <= 1 or along <= 1, (one, other)


def test_the_code_on_the_glass_leads_to_the_documents_page(ui: ScreenUi, tmp_path: Any) -> None:
    import zxingcpp
    from PIL import Image

    open_hall(ui, LONG)
    ui.wait(lambda: len(ui.panes["main"].children) == 1, "fade is over")
    # The widget tree is drawn into a buffer of its own: a hidden window cannot change its size.
    ui.root.export_to_png(str(tmp_path / "screen.png"))

    found = zxingcpp.read_barcodes(Image.open(tmp_path / "screen.png"))

    assert [one.text for one in found] == ["https://zone.example:8080/d/7KQ2M9XD01"]
    code = next(one for one in ui.visible() if hasattr(one, "module_px"))
    assert code.module_px * 0.25 >= 2.5


def test_a_new_document_takes_the_screen_at_once(ui: ScreenUi) -> None:
    open_hall(ui, "甲文件", "乙文件")

    ui.publish(paper(9, "刚刚公开的文件"))

    assert ui.panes["main"].view.title == "刚刚公开的文件"
    ui.step(12)
    assert ui.panes["main"].view.title == "甲文件"


def test_what_was_drawn_is_reported_with_a_frame(ui: ScreenUi) -> None:
    open_hall(ui, "甲文件")

    ui.wait(lambda: any(isinstance(one, Glass) and one.item for one in ui.link.heard), "glass")

    glass = [one for one in ui.link.heard if isinstance(one, Glass)][-1]
    assert glass.sequences == {"gov/512299": 1}
    assert (glass.item, glass.version, len(glass.frame)) == ("7KQ2M9XD01", 1, 16)


def test_a_ping_is_answered_with_the_frames_drawn(ui: ScreenUi) -> None:
    ui.link.said.append(Ping())

    ui.step()

    pong = next(one for one in ui.link.heard if isinstance(one, Pong))
    assert pong.screen == "playing"
    assert pong.frames > 0


def test_a_lost_link_says_up_to_when_and_goes_on_playing(ui: ScreenUi) -> None:
    open_hall(ui, "甲文件", "乙文件")

    ui.link.said.append(LinkState(online=False, last_contact=int(START.timestamp())))
    ui.step()

    assert "资料截至 11月20日 10:05" in ui.texts()
    ui.step(12)
    assert ui.panes["main"].view.title == "乙文件"
    ui.link.said.append(LinkState(online=True, last_contact=0))
    ui.step()
    assert "资料截至" not in ui.texts()


def test_closed_hours_say_when_the_doors_open(ui: ScreenUi) -> None:
    hours = OpeningHours((1, 2, 3, 4, 5), time(8, 30), time(17, 0))
    programme = replace(default_programme("512299"), id="P000000001", hours=(hours,))
    ui.replica.programmes = [Verified(programme, "gov/512299", 1, 0, ("甲",))]
    open_hall(ui, "甲文件")
    assert "甲文件" in ui.texts()

    ui.step(8 * 3600)

    assert "现在休息" in ui.texts()
    assert "下次开放 11月23日 星期一 08:30" in ui.texts()


def test_each_area_always_holds_a_view(ui: ScreenUi) -> None:
    open_hall(ui, *(f"第{n}号文件" for n in range(12)))

    for _ in range(12):
        ui.step(4)
        assert ui.panes
        assert all(pane.view is not None for pane in ui.panes.values())


def test_a_mistake_leaves_the_picture_as_it_is(ui: ScreenUi) -> None:
    from kivy.base import ExceptionManager
    from kivy.clock import Clock

    from signage.app import Survival

    open_hall(ui, "甲文件")
    handler = Survival(ui.app)
    ExceptionManager.add_handler(handler)

    Clock.schedule_once(lambda _: 1 / 0)
    ui.pump(6)
    ExceptionManager.remove_handler(handler)

    assert "甲文件" in ui.texts()
    ui.step(1)


def test_a_short_ticker_stands_still_and_then_nothing_is_drawn(ui: ScreenUi) -> None:
    open_hall(ui, "甲文件")
    ui.wait(lambda: not ui.app.stage.ids.ticker.is_moving, "ticker")
    ui.pump(20)

    before = ui.app.frames.frames
    ui.pump(40)

    assert ui.app.frames.frames - before <= 1


def test_a_long_ticker_moves_by_whole_pixels(ui: ScreenUi) -> None:
    open_hall(ui, LONG, LONG + "二", LONG + "三")
    ticker = ui.app.stage.ids.ticker

    before = [rectangle.pos for rectangle in ticker._drawn]
    ui.wait(lambda: [rectangle.pos for rectangle in ticker._drawn] != before, "ticker moves")

    assert ticker.is_moving
    for rectangle in ticker._drawn:
        assert rectangle.pos[0] == int(rectangle.pos[0])
        assert rectangle.size[0] <= 2048
