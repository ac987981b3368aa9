"""The desk's search in a real browser: results while typing, and a way through them without a mouse."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.integration.test_words_desk import publish
from tests.support.browser import DESK_SIZE, open_browser
from tests.support.signers import document, item
from tests.support.zone import PASSWORD, open_zone

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

ITEM = item("T000000001", "最低生活保障审核确认", aliases=("低保",))


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with AsyncExitStack() as stack:
        zone = await stack.enter_async_context(open_zone(tmp_path / "zone"))
        await zone.staff()
        for record in (ITEM, document()):
            await publish(zone, record)
        browser = await stack.enter_async_context(open_browser(tmp_path))
        context = await browser.new_context(locale="zh-CN", viewport=DESK_SIZE)
        opened = await context.new_page()
        base = str(zone.client.make_url("/")).rstrip("/")
        await opened.goto(f"{base}/desk/login")
        await opened.fill("#f-login", "editor")
        await opened.fill("#f-password", PASSWORD)
        await opened.click("form[action='/desk/login'] button.button-primary")
        await opened.wait_for_url(lambda url: "/desk/login" not in url)
        await opened.goto(f"{base}/desk/search")
        yield opened


async def test_results_and_answers_come_while_typing_and_the_keys_lead_through_them(
    page: Page,
) -> None:
    await expect(page.locator("#q")).to_be_focused()
    await page.keyboard.type("zuidishenghuo")
    hits = page.locator("[data-hits] .title-link")
    await expect(hits).to_have_count(2)
    await expect(page).to_have_url(re.compile("q=zuidishenghuo"))

    await page.keyboard.press("ArrowDown")
    await expect(hits.nth(0)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(hits.nth(1)).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#q")).to_be_focused()
    await expect(page.locator("#q")).to_have_value("zuidishenghuo")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("/")
    await expect(page.locator("#q")).to_be_focused()

    await page.fill("#q", "农村低保标准提高到每人每月多少元")
    await expect(page.locator(".quote")).to_contain_text("560元")

    await page.locator(".hit-exam button").first.click()

    await expect(page.get_by_text("已记为考题")).to_be_visible()
    await page.locator("#q").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/d/**")
