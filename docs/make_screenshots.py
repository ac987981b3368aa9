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

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from camera import KIOSK, KIOSK_PX, OUT, SCREEN_PX, Camera, Glass  # noqa: E402
from citizen_walk import LOW_INCOME, citizen  # noqa: E402
from fleet_walk import closed, emergency, fleet, pairing  # noqa: E402
from playwright.async_api import Browser  # noqa: E402 - after the path to tests/
from staff_walk import staff  # noqa: E402

from controller import keys  # noqa: E402
from controller.demo.devices import hands  # noqa: E402
from controller.demo.places import HALL, Terminal  # noqa: E402
from controller.demo.seed import items  # noqa: E402
from controller.demo.zone import DemoZone, Wishes, demo_zone  # noqa: E402
from tests.support.browser import PHONE_SIZE, open_browser  # noqa: E402
from tests.support.desk_browser import new_person  # noqa: E402
from tests.support.finger import VirtualDisplay  # noqa: E402
from tests.support.processes import Program  # noqa: E402
from tests.support.zone import open_zone  # noqa: E402


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
        "phone-item": f"{base}/d/{next(one.id for one in items() if one.title == LOW_INCOME)}",
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
            devices = hands(zone.terminals[0].home, HALL.devices)
            document, receipt = await asyncio.to_thread(citizen, glass, devices)
            shoot = glass.camera.page
            await demo_page(zone, browser, shoot)
            people = await staff(zone, browser, folder, shoot)
            await fleet(people[0], shoot)
            await pairing(people[0], folder, shoot)
            await phones(browser, document, receipt, shoot)
            await emergency(browser, people, glass)
            await closed(zone, folder, glass)
            await asyncio.to_thread(_idle, glass)
            terminal = zone.terminals[0]
        await asyncio.to_thread(alone, terminal, folder)
        await first_start(folder)
    finally:
        shutil.rmtree(folder)


async def first_start(folder: Path) -> None:
    """Open the page that a new zone's link leads to."""
    async with open_zone(folder / "new") as zone, open_browser(folder) as browser:
        person = await new_person(browser, str(zone.client.make_url("")).rstrip("/"))
        token = await zone.app[keys.PEOPLE].set_up_token()
        await person.go(f"/setup/{token}")
        await Camera.page("desk-set-up", person.page, full=True)


def _idle(glass: Glass) -> None:
    glass.open_kiosk("--size", "1080x1920", "--position", "0,0", "--idle", "4")
    glass.visitor.touch("查询")
    glass.visitor.sees("还在使用吗")
    glass.camera.glass("kiosk-idle", KIOSK, width=KIOSK_PX)


if __name__ == "__main__":
    asyncio.run(main())
