"""One document from a drafter's file to a citizen's hand, and one request back: real processes, real touches."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from content.workdays import china_calendar
from tests.support import desk_browser as desk
from tests.support.browser import PHONE_SIZE, open_browser
from tests.support.finger import Finger
from tests.support.kiosk_visitor import Visitor
from tests.support.printed_paper import ReadSlip, read_slip_picture
from tests.support.processes import wait_for
from tests.support.running_zone import KIOSK_SIZE, SCREEN_SIZE, RunningZone, open_display

pytestmark = pytest.mark.e2e

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "policies"
POLICY = SHARED / "002_297e880feac74a61.txt"
TITLE = "招远市2021年政务公开工作要点"
NUMBER = "招政办发〔2021〕5号"
REPLY_WORKDAYS = 20
CHINA = timezone(timedelta(hours=8))


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with open_browser(tmp_path) as browser:
        yield browser


class Stage:
    """A zone whose people have keys, and a visitor before the kiosk."""

    def __init__(self, zone: RunningZone, visitor: Visitor, finger: Finger) -> None:
        self.zone = zone
        self.visitor = visitor
        self.finger = finger
        self.admin: desk.DeskPerson
        self.drafter: desk.DeskPerson
        self.approver: desk.DeskPerson

    def slip(self, number: int) -> ReadSlip:
        """Return the n-th printed slip, read from its picture."""
        path = self.zone.slips / f"{number:04d}.png"
        done = path.with_suffix(".json")
        wait_for(f"slip {number} printed", done.exists, timeout=40)
        return read_slip_picture(path)


@pytest.fixture
async def stage(tmp_path: Path, browser: Browser) -> AsyncIterator[Stage]:
    zone = RunningZone(tmp_path / "z")
    display, finger = open_display()
    try:
        link = zone.start_controller()
        stage = Stage(zone, Visitor(finger, zone.eye), finger)
        await _people(stage, browser, link)
        zone.enrol()
        zone.start_printer()
        zone.start_agent()
        zone.start_windows(display.name)
        yield stage
    finally:
        finger.save(tmp_path / "last.png")
        print(zone.outputs(), tmp_path / "last.png")  # noqa: T201 - what a failure needs
        zone.stop()
        finger.close()
        display.close()


async def _people(stage: Stage, browser: Browser, link: str) -> None:
    base = stage.zone.base
    stage.admin = await desk.new_person(browser, base)
    await desk.set_up(stage.admin, link)
    roles = ("drafter", "request_officer")
    drafting = await desk.invite(stage.admin, name="拟稿员", login="drafter", roles=roles)
    approving = await desk.invite(stage.admin, name="审批员", login="approver", roles=("approver",))
    stage.drafter = await desk.new_person(browser, base)
    await desk.accept(stage.drafter, drafting, "drafter")
    stage.approver = await desk.new_person(browser, base)
    await desk.accept(stage.approver, approving, "approver")
    await desk.make_key(stage.approver)
    await desk.sign_policy(stage.admin)


@pytest.mark.skipif(not POLICY.exists(), reason="the real documents are not beside this checkout")
async def test_one_approved_document_reaches_a_citizens_hand(
    stage: Stage, browser: Browser
) -> None:
    document = await _publish(stage)

    _read_and_print(stage, document)
    await _same_text_on_the_phone(stage, browser, document)
    code = _file_a_request(stage)
    await _state_on_the_phone(stage, browser, code)
    await _due_date_at_the_desk(stage)
    _card_on_the_screen(stage)
    await _all_marks_equal(stage)
    await _unplugged_it_still_serves(stage)


async def _publish(stage: Stage) -> str:
    document = await desk.upload(stage.drafter, POLICY)
    await desk.propose_and_submit(stage.drafter, document)
    await desk.sign_document(stage.approver, document)
    return document


def _read_and_print(stage: Stage, document: str) -> None:
    visitor = stage.visitor
    visitor.sees(TITLE)
    visitor.touch("查询")
    visitor.type_pinyin("gongzuoyaodian", "工作要点")
    visitor.touch(TITLE)
    visitor.sees(NUMBER)
    visitor.touch("打印带走")
    visitor.sees("已打印")
    slip = stage.slip(1)
    assert TITLE in slip.text
    assert NUMBER in slip.text
    assert slip.qr == f"{stage.zone.base}/d/{document}"


async def _same_text_on_the_phone(stage: Stage, browser: Browser, document: str) -> None:
    page = await _phone(browser)
    await page.goto(stage.slip(1).qr)
    text = _plain(await page.inner_text("body"))
    assert TITLE in text
    assert NUMBER in text
    for line in POLICY.read_text("utf-8").splitlines():
        if len(line) > 40:
            assert _plain(line) in text, line
    assert document in page.url


def _file_a_request(stage: Stage) -> str:
    visitor = stage.visitor
    visitor.touch("首页")
    visitor.touch("申请公开")
    visitor.touch("姓名")
    visitor.type_pinyin("wang", "王")
    visitor.type_pinyin("xiu", "秀")
    visitor.touch("身份证号")
    _type_number(visitor, "11010519491231002X")
    visitor.touch("联系电话")
    _type_number(visitor, "13800138000")
    _next(visitor)
    visitor.touch("向哪个机关")
    visitor.type_pinyin("minzhengju", "民政局")
    visitor.touch("需要的信息")
    visitor.type_pinyin("dibao", "低保")
    visitor.type_pinyin("biaozhun", "标准")
    _next(visitor)
    visitor.touch("纸质")
    visitor.touch("自行领取")
    _next(visitor)
    visitor.touch("确认提交")
    visitor.sees("已保存")
    visitor.touch("打印回执")
    receipt = stage.slip(2)
    assert "王" in receipt.text
    assert "王秀" not in receipt.text
    assert "110105" not in receipt.text
    assert receipt.qr.startswith(f"{stage.zone.base}/r/")
    return receipt.qr.rsplit("/", 1)[-1]


async def _state_on_the_phone(stage: Stage, browser: Browser, code: str) -> None:
    page = await _phone(browser)

    async def registered() -> bool:
        await page.goto(f"{stage.zone.base}/r/{code}")
        return "依申请" in await page.inner_text("body")

    for _ in range(40):
        if await registered():
            break
        await page.wait_for_timeout(250)
    text = await page.inner_text("body")
    assert "王" not in text
    assert _chinese_or_iso(_due()) & set(_dates(text)), text


async def _due_date_at_the_desk(stage: Stage) -> None:
    page = await stage.drafter.go("/desk/requests")
    text = await page.inner_text("table")
    assert _chinese_or_iso(_due()) & set(_dates(text)), text


def _card_on_the_screen(stage: Stage) -> None:
    box = (KIOSK_SIZE[0], 0, KIOSK_SIZE[0] + SCREEN_SIZE[0], SCREEN_SIZE[1])

    def card() -> bool:
        import zxingcpp

        codes = zxingcpp.read_barcodes(stage.finger.picture(box).convert("L"))
        return any(code.text == stage.slip(1).qr for code in codes)

    wait_for("the new document's card on the screen", card, timeout=40)


async def _all_marks_equal(stage: Stage) -> None:
    page = await stage.admin.go("/desk/terminals")
    terminal = page.locator("#t-hall-1")
    await expect(terminal.locator(".mark-late, .mark-none")).to_have_count(0, timeout=30_000)
    await expect(terminal.locator(".tag-good").first).to_be_visible(timeout=30_000)
    documents, emergencies = await terminal.locator(".marks").all()
    for feed, sequence in ((documents, "1"), (emergencies, "0")):
        marks = await feed.locator(".mark b").all_inner_texts()
        assert [mark.strip() for mark in marks] == [sequence] * 4


async def _unplugged_it_still_serves(stage: Stage) -> None:
    page = await stage.admin.go("/desk/terminals")
    terminal, visitor = page.locator("#t-hall-1"), stage.visitor
    stage.zone.unplug()
    await expect(terminal.locator(".tag-bad").first).to_be_visible(timeout=60_000)
    visitor.touch("首页")
    visitor.sees("网络暂时不通", timeout=60)
    visitor.touch("查询")
    visitor.type_pinyin("gongzuoyaodian", "工作要点")
    visitor.touch(TITLE)
    visitor.touch("打印带走")
    assert NUMBER in stage.slip(3).text
    stage.zone.plug_in()
    await expect(terminal.locator(".tag-bad")).to_have_count(0, timeout=90_000)
    await expect(terminal.locator(".tag-good").first).to_be_visible(timeout=60_000)


def _next(visitor: Visitor) -> None:
    visitor.touch("下一步")


def _type_number(visitor: Visitor, number: str) -> None:
    visitor.sees("点按数字")
    visitor.type_digits(number)
    visitor.sees(number)


def _due() -> date:
    today = datetime.now(UTC).astimezone(CHINA).date()  # noqa: TID251 - the test lives in the real world
    return china_calendar().add_workdays(today, REPLY_WORKDAYS).day


def _chinese_or_iso(day: date) -> set[date]:
    return {day}


def _dates(text: str) -> list[date]:
    import re

    found = re.findall(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})", text)
    return [date(int(year), int(month), int(day)) for year, month, day in found]


def _plain(text: str) -> str:
    return "".join(text.split())


async def _phone(browser: Browser) -> Page:
    context = await browser.new_context(locale="zh-CN", viewport=PHONE_SIZE)
    return await context.new_page()
