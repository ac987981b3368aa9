"""Take every picture under docs/screenshots/ from a demo that really runs: `make screenshots`.

Kiosk and screen stand on a virtual display and are touched through X; desk, phone and demo page are opened in
Chromium. Nothing is drawn for the documentation: what is wrong in a picture is wrong in the product.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from camera import KIOSK, KIOSK_PX, OUT, SCREEN, SCREEN_PX, Glass  # noqa: E402
from playwright.async_api import Browser  # noqa: E402 - after the path to tests/

from controller.demo.places import HALL, Terminal  # noqa: E402
from controller.demo.zone import POLICY_S, DemoZone, Wishes, demo_zone  # noqa: E402
from tests.support import desk_browser as desk  # noqa: E402
from tests.support.browser import PHONE_SIZE, open_browser  # noqa: E402
from tests.support.finger import VirtualDisplay  # noqa: E402
from tests.support.kiosk_visitor import Visitor  # noqa: E402
from tests.support.processes import Program  # noqa: E402

LOW_INCOME = "最低生活保障"
DRAFT = """望溪县教育体育局文件

望教体发〔2026〕52号

望溪县教育体育局
关于做好2026年寒假有关工作的通知

各学校、幼儿园：

2026年寒假自2027年1月23日开始，2月21日结束。现将有关事项通知如下。

一、按时放假

任何学校不得提前开学或者推迟放假，不得组织集体补课。

二、困难学生救助

对家庭经济困难的学生，各学校应当在放假前完成走访。咨询电话：0900-5551300。

望溪县教育体育局
2026年11月18日
"""


def citizen(glass: Glass) -> tuple[str, str]:
    """Walk through all that a citizen can do; return the links of document and receipt."""
    visitor, shoot = glass.visitor, glass.camera.kiosk
    visitor.sees("冬季供水", timeout=60)
    shoot("home")
    glass.camera.glass("screen-open", SCREEN, width=SCREEN_PX)
    _search(visitor, shoot)
    document = _read(glass)
    _ways_of_seeing(visitor, shoot)
    receipt = _request(glass)
    visitor.touch("首页")
    visitor.touch("咨询")
    visitor.sees("0900-")
    shoot("consult")
    return document, receipt


def _search(visitor: Visitor, shoot: Callable[[str], None]) -> None:
    visitor.touch("查询")
    shoot("search")
    for letter in "dibao":
        visitor.touch(letter)
    shoot("search-pinyin")
    visitor.touch("低保")
    visitor.touch("完成")
    visitor.sees(LOW_INCOME)
    shoot("results")
    visitor.touch("清除")
    visitor.open_keyboard()
    for letter in "qqq":
        visitor.touch(letter)
    visitor.touch("完成")
    visitor.sees("没有找到")
    shoot("nothing-found")
    visitor.touch("清除")
    visitor.touch("首页")


def _read(glass: Glass) -> str:
    visitor, shoot = glass.visitor, glass.camera.kiosk
    visitor.touch("查询")
    visitor.open_keyboard()
    visitor.type_pinyin("dibao", "低保")
    visitor.touch("完成")
    visitor.touch("望溪县人民政府办公室关于提高")
    visitor.sees("望政办发〔2026〕18号")
    shoot("reader")
    visitor.touch("打印带走")
    visitor.sees("已打印")
    shoot("printed")
    visitor.touch("手机带走")
    visitor.sees("收起二维码")
    shoot("phone-code")
    return glass.slip(1, "slip-document")


def _ways_of_seeing(visitor: Visitor, shoot: Callable[[str], None]) -> None:
    visitor.touch("收起二维码")
    visitor.touch("字号标准")
    visitor.touch("字号大")
    visitor.sees("字号特大")
    shoot("large-text")
    visitor.touch("字号特大")
    visitor.touch("高对比")
    shoot("high-contrast")
    visitor.touch("首页")
    shoot("home-high-contrast")
    visitor.touch("高对比")
    visitor.touch("查询")
    visitor.open_keyboard()
    visitor.touch("办事：最低生活保障")
    visitor.sees("办理部门")
    shoot("guide")
    visitor.touch("首页")


def _request(glass: Glass) -> str:
    visitor, shoot = glass.visitor, glass.camera.kiosk
    visitor.touch("申请公开")
    visitor.touch("下一步")
    shoot("request-1-corrections")
    visitor.touch("姓名")
    visitor.type_pinyin("yanshi", "演示")
    visitor.touch("身份证号")
    visitor.sees("点按数字")
    visitor.type_digits("11010519491231002X")
    visitor.touch("联系电话")
    visitor.type_digits("09005550000")
    shoot("request-1-who")
    visitor.touch("下一步")
    visitor.touch("向哪个机关")
    visitor.type_pinyin("minzhengju", "民政局")
    visitor.touch("需要的信息")
    for letters, word in (("dibao", "低保"), ("biaozhun", "标准")):
        visitor.type_pinyin(letters, word)
    shoot("request-2-what")
    visitor.touch("下一步")
    visitor.touch("纸质")
    visitor.touch("自行领取")
    shoot("request-3-how")
    visitor.touch("下一步")
    shoot("request-4-review")
    visitor.touch("确认提交")
    visitor.sees("已保存")
    visitor.touch("打印回执")
    visitor.sees("已打印")
    shoot("request-saved")
    return glass.slip(2, "slip-receipt")


DESK_PAGES = {
    "desk-requests": "/desk/requests",
    "desk-terminals": "/desk/terminals",
    "desk-terminal": "/desk/terminals/at/hall-1",
    "desk-map": "/desk/terminals/map",
    "desk-alerts": "/desk/terminals/alerts",
    "desk-pairing": "/desk/pairing",
    "desk-bundles": "/desk/terminals/bundles",
    "desk-jobs": "/desk/terminals/jobs",
    "desk-rollouts": "/desk/terminals/rollouts",
    "desk-rollout-plan": "/desk/terminals/rollouts/plan",
    "desk-search": "/desk/search?q=低保怎么申请",
    "desk-exams": "/desk/words/exam",
    "desk-words": "/desk/words",
    "desk-emergency": "/desk/emergency",
    "desk-audit": "/desk/audit",
}


async def staff(zone: DemoZone, browser: Browser, folder: Path, shoot: Any) -> None:
    """Walk through the desk."""
    base = zone.stage.desk_url
    guest = await desk.new_person(browser, base)
    await guest.page.goto(await zone.stage.setup_link())
    await shoot("desk-invitation", guest.page)
    await desk.accept(guest, await zone.stage.setup_link(), "admin")
    await desk.make_key(guest)
    await guest.page.wait_for_timeout(1000 * 2 * POLICY_S)  # the demo's root key signs what counts
    await guest.go("/desk/account")
    await shoot("desk-account", guest.page)
    roles = ("drafter", "request_officer")
    link = await desk.invite(guest, name="拟稿员", login="drafter", roles=roles)
    await shoot("desk-people", guest.page)
    drafter = await desk.new_person(browser, base)
    await drafter.go("/desk/login")
    await shoot("desk-login", drafter.page)
    await desk.accept(drafter, link, "drafter")
    await _documents(drafter, guest, folder, shoot)
    for name, path in DESK_PAGES.items():
        await guest.go(path)
        await shoot(name, guest.page)
    await guest.go("/desk/requests")
    await guest.page.locator("tbody a").first.click()
    await shoot("desk-request", guest.page)
    await guest.go("/desk")
    await shoot("desk-home", guest.page)
    await guest.page.emulate_media(color_scheme="dark")
    await shoot("desk-home-dark", guest.page)
    await guest.go("/desk/terminals")
    await shoot("desk-terminals-dark", guest.page)


async def _documents(
    drafter: desk.DeskPerson, approver: desk.DeskPerson, folder: Path, shoot: Any
) -> None:
    file = folder / "寒假通知.txt"
    await asyncio.to_thread(file.write_text, DRAFT, "utf-8")
    document = await desk.upload(drafter, file)
    await drafter.go(f"/desk/documents/{document}")
    await shoot("desk-document", drafter.page)
    await desk.propose_and_submit(drafter, document)
    page = await approver.go(f"/desk/documents/{document}/approve")
    await page.locator("form[data-signing=approve] button[data-sign]:not([disabled])").wait_for()
    await shoot("desk-approve", page)
    await approver.go("/desk/documents")
    await shoot("desk-documents", page)


async def phones(
    browser: Browser, document: str, receipt: str, shoot: Callable[..., Awaitable[None]]
) -> None:
    """Open what the slips' codes lead to."""
    context = await browser.new_context(
        viewport=PHONE_SIZE, locale="zh-CN", device_scale_factor=1.5
    )
    page = await context.new_page()
    base = receipt.rsplit("/r/", 1)[0]
    addresses = {
        "phone-document": document,
        "phone-request": receipt,
        "phone-lookup": f"{base}/r",
        "phone-missing": f"{base}/d/0000000000",
        "phone-search": f"{base}/s",
        "phone-answer": f"{base}/s?q=低保怎么办理",
    }
    for name, address in addresses.items():
        await page.goto(address)
        await shoot(name, page, width=round(PHONE_SIZE["width"] * 1.5))


async def demo_page(
    zone: DemoZone, browser: Browser, shoot: Callable[..., Awaitable[None]]
) -> None:
    """Open the demo page at two widths."""
    for width, height in ((1280, 800), (1920, 1080)):
        context = await browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN"
        )
        page = await context.new_page()
        await page.goto(zone.page_url)
        await page.wait_for_function(
            "() => [...document.querySelectorAll('img[data-pane]')].every(i => i.naturalWidth > 1)"
        )
        await shoot(f"demo-page-{width}", page, full=True, width=1280)
        await context.close()


def alone(terminal: Terminal, folder: Path) -> None:
    """Take the kiosk of a terminal that nobody answers any more."""
    display = VirtualDisplay(1920, 1920)
    agent = Program.python("agent", "-m", "devices", "agent", "--home", str(terminal.home))
    glass = Glass(terminal, display.name, folder)
    try:
        agent.wait_line("agent ready")
        glass.open_kiosk("--size", "1080x1920", "--position", "0,0")
        glass.visitor.sees("网络暂时不通", timeout=90)
        glass.camera.kiosk("offline")
        glass.open_kiosk("--size", "1920x1080", "--position", "0,0")
        glass.visitor.sees("冬季供水", timeout=30)
        glass.camera.rest()
        glass.camera.glass("kiosk-lying", (0, 0, 1920, 1080), width=SCREEN_PX)
    finally:
        glass.close()
        agent.stop()
        display.close()


async def main() -> None:
    """Take all pictures anew."""
    OUT.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="zone-shots-"))
    wishes = Wishes(folder / "state", (HALL,), virtual=True, start_ui=False)
    try:
        async with AsyncExitStack() as stack:
            zone = await stack.enter_async_context(demo_zone(wishes, say=print))
            browser = await stack.enter_async_context(open_browser(folder))
            glass = Glass(zone.terminals[0], zone.display.name, folder)
            stack.callback(glass.close)
            await asyncio.to_thread(glass.open_kiosk, "--size", "1080x1920", "--position", "0,0")
            await asyncio.to_thread(glass.open_screen)
            document, receipt = await asyncio.to_thread(citizen, glass)
            await asyncio.to_thread(glass.visitor.touch, "首页")
            await demo_page(zone, browser, glass.camera.page)
            await staff(zone, browser, folder, glass.camera.page)
            await phones(browser, document, receipt, glass.camera.page)
            await asyncio.to_thread(_idle, glass)
            terminal = zone.terminals[0]
        await asyncio.to_thread(alone, terminal, folder)
    finally:
        shutil.rmtree(folder)


def _idle(glass: Glass) -> None:
    glass.open_kiosk("--size", "1080x1920", "--position", "0,0", "--idle", "4")
    glass.visitor.touch("查询")
    glass.visitor.sees("还在使用吗")
    glass.camera.glass("kiosk-idle", KIOSK, width=KIOSK_PX)


if __name__ == "__main__":
    asyncio.run(main())
