"""Search words in a real browser: what the approver signs is drawn from the very bytes, and then it is in use."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from controller import keys
from tests.e2e.test_desk_pages import READY, Desk, staffed
from tests.support.browser import open_browser
from tests.support.zone import REGION, open_zone

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        zone = await stack.enter_async_context(open_zone(tmp_path / "zone"))
        yield Desk(zone, await stack.enter_async_context(open_browser(tmp_path)))


async def test_words_go_from_the_drafters_form_through_the_approvers_key_to_the_phone(
    desk: Desk, tmp_path: Path
) -> None:
    drafter, approver = await staffed(desk)
    await drafter.goto(f"{desk.base}/desk/words")
    await drafter.click('form[action$="/words/begin"] button')
    await drafter.goto(f"{desk.base}/desk/words?tab=hot")
    await drafter.fill("#text", "娃娃本")
    await drafter.click('form[action$="/add/hot"] button')
    await drafter.wait_for_url("**done=words_changed**")
    await approver.goto(f"{desk.base}/desk/words")
    await approver.click('a[href*="/words/approve"]')
    await approver.wait_for_selector(READY)

    drawn = await approver.locator("[data-body-place]").inner_text()
    await approver.screenshot(path=str(tmp_path / "words-approve.png"), full_page=True)
    await approver.click("[data-sign]")
    await approver.wait_for_url("**done=words_published**")

    assert "最低生活保障 = 低保" in drawn
    assert "娃娃本" in drawn
    await approver.goto(f"{desk.base}/s")
    await expect(approver.get_by_text("娃娃本")).to_be_visible()


async def test_words_that_differ_from_what_is_signed_are_not_signed(desk: Desk) -> None:
    drafter, approver = await staffed(desk)
    await drafter.goto(f"{desk.base}/desk/words")
    await drafter.click('form[action$="/words/begin"] button')

    async def forge(route: Route) -> None:
        answer = await route.fetch()
        body = (await answer.text()).replace("低保", "骗保")
        await route.fulfill(response=answer, body=body)

    await approver.route("**/words/body**", forge)

    await approver.goto(f"{desk.base}/desk/words/approve?region={REGION}")

    await expect(approver.locator("[data-notice-words]")).to_contain_text("不一致")
    await expect(approver.locator("[data-sign]")).to_be_disabled()
    assert await desk.zone.app[keys.PUBLISHING].newest("words") == ()
