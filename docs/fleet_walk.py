"""The documentation's fleet: jobs, rollouts, a new terminal, a revocation, an emergency, a hall that is closed."""

import asyncio
import re
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from camera import KIOSK, KIOSK_PX, SCREEN, SCREEN_PX, Camera, Glass
from playwright.async_api import Browser, expect

from content.feed.batch import BatchSaid, statements_of, to_sign
from content.feed.body import body_bytes
from content.programme.programme import OpeningHours
from controller import keys
from controller.demo import cast as demo_cast
from controller.demo.seed import programme
from controller.demo.zone import POLICY_S, DemoZone
from controller.services.feed_log import SignedBatch
from tests.support import desk_browser as desk
from tests.support.desk_browser import DeskPerson
from tests.support.finger import Finger, VirtualDisplay
from tests.support.processes import Program

WARNING = {
    "title": "暴雪红色预警",
    "text": "未来六小时全县有特大暴雪，县里已启动一级应急响应，各乡镇客运班线停运。",
    "advice": "请留在室内，不要外出。已经出行的，就近进入服务大厅避险。",
    "issuer": "望溪县应急管理局",
}
SCREEN_OPENS_S = 5.0
SEEN = 15_000
"""Milliseconds in which a page must show it."""


async def fleet(admin: DeskPerson, shoot: Any) -> None:
    """Give a job, let a rollout begin, and look at what a revocation would do."""
    await _job(admin, shoot)
    await _rollouts(admin, shoot)
    page = await admin.go("/desk/terminals/hall-1/revoke")
    await shoot("desk-revoke", page)


async def _job(admin: DeskPerson, shoot: Any) -> None:
    page = await admin.go("/desk/terminals/jobs?device=hall-1")
    await page.check("input[name=kind][value=screenshot]")
    await page.fill("#f-reason", "群众反映屏幕显示不全")
    await shoot("desk-job-new", page, full=True)
    await page.click(".job-form .button-primary")
    await page.wait_for_url("**done=job_ordered")
    row = page.locator(".job").first
    await expect(row).to_contain_text("已完成", timeout=4 * SEEN)
    await row.locator("a.title-link").click()
    await page.locator("img.shot").wait_for()
    await shoot("desk-job", page, full=True)
    await admin.go("/desk/terminals/jobs")
    await shoot("desk-jobs", page)


async def _rollouts(admin: DeskPerson, shoot: Any) -> None:
    for kind in ("content", "software", "configuration"):
        page = await admin.go(f"/desk/terminals/rollouts/plan?kind={kind}")
        await shoot(f"desk-rollout-plan-{kind}", page, full=True)
    await page.fill("#f-title", "备用网络每半分钟询问一次")
    await page.fill("#s-poll_s", "30")
    await page.click("form .button-primary")
    await page.wait_for_url("**done=rollout_begun")
    await expect(page.locator("tbody tr").first).to_contain_text("完成", timeout=4 * SEEN)
    await shoot("desk-rollout", page)
    await admin.go("/desk/terminals/rollouts")
    await shoot("desk-rollouts", page)


async def pairing(admin: DeskPerson, folder: Path, shoot: Any) -> None:
    """A new terminal shows its code, and the desk compares it."""
    home = folder / "new-terminal"
    command = ("-m", "devices", "pair", "--home", str(home), "--controller", admin.base)
    display = VirtualDisplay(1080, 1920)
    program = Program.python("pair", *command, env={"DISPLAY": display.name})
    finger = Finger(display.name)
    camera = Camera(finger)
    try:
        said = await asyncio.to_thread(program.wait_line, "配对码")
        await asyncio.sleep(SCREEN_OPENS_S)
        await asyncio.to_thread(camera.rest)
        camera.glass("kiosk-pairing", KIOSK, width=KIOSK_PX)
        page = await admin.go("/desk/pairing")
        await page.fill(
            "[name=code]", re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{3,4}(?:-[0-9A-Z]{3,4})*", said)[0]
        )
        await page.fill("[name=device]", "village-7")
        await page.fill("[name=site]", "石桥镇柳湾村查询点")
        await shoot("desk-pairing", page, full=True)
    finally:
        program.stop()
        finger.close()
        display.close()


async def closed(zone: DemoZone, folder: Path, glass: Glass) -> None:
    """The screen when the hall is closed: a programme that opens tomorrow is published."""
    app = zone.app
    cast, now = await demo_cast.gather(app, folder / "state" / "cast"), app[keys.CLOCK].now()
    tomorrow = (now + timedelta(days=1)).isoweekday()
    shut = replace(programme(), hours=(OpeningHours((tomorrow,), time(9), time(17)),))
    said = BatchSaid(app[keys.CONFIG].main_feed, cast.drafter.id, int(now.timestamp()))
    named, bodies = ((shut.id, 2),), (body_bytes(shut),)
    approval = cast.key.approve(to_sign(statements_of(said, named, bodies)))
    await app[keys.PUBLISHING].append_batch(SignedBatch(said, (approval,), named, bodies))
    await asyncio.sleep(SCREEN_OPENS_S)
    await asyncio.to_thread(glass.camera.rest)
    glass.camera.glass("screen-closed", SCREEN, width=SCREEN_PX)


async def emergency(browser: Browser, staff: tuple[DeskPerson, ...], glass: Glass) -> None:
    """Two sign a warning, every glass shows it, two more take it back."""
    shoot, (first, drafter) = glass.camera.page, staff
    link = await desk.invite(first, name="应急值班员", login="duty", roles=("emergency",))
    second = await desk.new_person(browser, first.base)
    await desk.accept(second, link, "duty")
    await desk.make_key(second)
    await second.page.wait_for_timeout(1000 * 2 * POLICY_S)
    page = await drafter.go("/desk/emergency")
    for name, value in WARNING.items():
        await page.fill(f"[name={name}]", value)
    await page.click("main .button-primary")
    await page.wait_for_url("**done=emergency_drafted")
    address = page.url.split("?")[0].removeprefix(drafter.base)
    await _sign(first, address, shoot, "desk-emergency-sign")
    await _sign(second, address)
    await asyncio.to_thread(_taken_over, glass)
    await second.go(address)
    await shoot("desk-emergency-standing", second.page)
    await first.go("/desk/emergency")
    await shoot("desk-emergency", first.page)
    await _sign(first, address)
    await _sign(second, address)
    await asyncio.to_thread(glass.visitor.sees, "冬季供水")


async def _sign(person: DeskPerson, address: str, shoot: Any = None, name: str = "") -> None:
    page = await person.go(address)
    await page.locator("button[data-sign]:not([disabled])").wait_for()
    if shoot is not None:
        await shoot(name, page)
    await page.click("button[data-sign]")
    await page.wait_for_url("**done=**")


def _taken_over(glass: Glass) -> None:
    glass.visitor.sees(WARNING["title"], timeout=60)
    glass.camera.kiosk("emergency")
    glass.camera.glass("screen-emergency", SCREEN, width=SCREEN_PX)
