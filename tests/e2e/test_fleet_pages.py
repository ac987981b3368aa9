"""Jobs and rollouts in a real browser: by keyboard alone, live, and with what was chosen said before it is done."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from controller import keys
from devices.clock import SystemClock
from devices.wire.jobs import JobReport, JobState
from tests.support.browser import DESK_SIZE, PHONE_SIZE, open_browser
from tests.support.zone import PASSWORD, Zone, open_zone
from tests.unit.test_pages_fleet import enrol

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


class Desk:
    """A zone with three terminals, and the administrator's page."""

    def __init__(self, zone: Zone, page: Page) -> None:
        self.zone = zone
        self.page = page
        self.base = str(zone.client.make_url("")).rstrip("/")

    async def go(self, path: str) -> Page:
        await self.page.goto(self.base + path)
        return self.page


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        zone = await stack.enter_async_context(open_zone(tmp_path / "z", clock=SystemClock()))
        await zone.set_up()
        await enrol(zone, "hall-1", "hall-2", "hall-3")
        browser = await stack.enter_async_context(open_browser(tmp_path))
        context = await browser.new_context(viewport=DESK_SIZE, locale="zh-CN")
        desk = Desk(zone, await context.new_page())
        page = await desk.go("/desk/login")
        await page.fill("#f-login", "admin")
        await page.fill("#f-password", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/desk")
        yield desk


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something has the focus."""
    target = page.locator(selector)
    for _ in range(60):
        if await target.evaluate("(one) => one === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


async def test_a_job_is_given_by_keyboard_and_its_life_is_seen_without_a_reload(desk: Desk) -> None:
    page = await desk.go("/desk/terminals/jobs?device=hall-1")
    await tab_to(page, "input[name=kind][value=screenshot]")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#a-ui")).to_be_visible()
    await expect(page.locator("#a-percent")).to_be_hidden()
    await tab_to(page, "#f-reason")
    await page.keyboard.type("界面没有反应")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**done=job_ordered")

    row = page.locator(".job").first
    await expect(row).to_contain_text("待领取")
    (job,) = await desk.zone.app[keys.JOBS].of("hall-1")
    said = desk.zone.app[keys.JOBS].said
    await said("hall-1", JobReport(job.id, JobState.RUNNING, 1))
    await expect(row).to_contain_text("执行中", timeout=10_000)
    await said("hall-1", JobReport(job.id, JobState.REJECTED, 2, "session_open"))
    await expect(row).to_contain_text("为保护隐私没有执行", timeout=10_000)


async def test_a_job_for_many_asks_first_and_a_waiting_one_is_withdrawn(desk: Desk) -> None:
    page = await desk.go("/desk/terminals/jobs?site=一号大厅")
    asked: list[str] = []

    async def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        await (dialog.accept() if len(asked) > 1 else dialog.dismiss())

    page.on("dialog", answer)
    await page.check("[value=log_bundle]")
    await page.fill("#f-reason", "例行检查")
    await page.click(".job-form .button-primary")
    assert asked == ["将对 3 台终端下达这项任务，确定吗？"]
    assert await desk.zone.app[keys.JOBS].of("hall-1") == ()
    await page.click(".job-form .button-primary")
    await page.wait_for_url("**done=job_ordered")

    await expect(page.locator(".job")).to_have_count(3)
    await page.locator(".job button").first.click()
    await page.wait_for_url("**done=job_withdrawn")
    await expect(page.locator(".job", has_text="已撤回")).to_have_count(1)


async def test_a_rollout_is_planned_and_halted_and_nothing_runs_off_a_phone(desk: Desk) -> None:
    page = await desk.go("/desk/terminals/rollouts/plan")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.fill("#f-title", "音量统一调低")
    await page.fill("#s-volume", "40")
    await page.fill("#w-first", "hall-2")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**done=rollout_begun")

    await expect(page.locator(".wave")).to_have_count(3)
    row = page.locator("tbody tr", has_text="hall-2")
    await expect(row).to_contain_text("已下发", timeout=15_000)
    await page.click("form[action$='/halt'] button")
    await expect(page.locator("#main")).to_contain_text("管理员已暂停")
    for at in (page.url, desk.base + "/desk/terminals/jobs?device=hall-1"):
        await page.set_viewport_size(PHONE_SIZE)
        await page.goto(at)
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, at
