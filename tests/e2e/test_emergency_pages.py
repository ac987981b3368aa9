"""Emergency notices and the hand-over of the root in real browsers, each with keys of its own."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from content.feed.policy import TrustRoot, check_policy
from controller import keys
from controller.services.trust_shelf import TrustShelf
from tests.e2e.test_desk_pages import READY, Desk, desk, make_key, sign_policy
from tests.support.browser import PHONE_SIZE
from tests.support.ceremonies import HOLDERS, Trust

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
__all__ = ["desk"]


async def group(desk: Desk) -> tuple[Page, Page, Page, Page]:
    """Return the browsers of an administrator, a drafter and two emergency signers."""
    admin = await desk.set_up()
    drafter = await desk.invite(admin, "drafter", "drafter")
    first = await desk.invite(admin, "first", "emergency")
    second = await desk.invite(admin, "second", "emergency")
    for page in (first, second):
        await make_key(page)
    await sign_policy(desk, admin)
    return admin, drafter, first, second


async def drafted(desk: Desk, drafter: Page) -> str:
    """Draft a notice by its page alone; return its address."""
    await drafter.goto(f"{desk.base}/desk/emergency")
    for name, value in (
        ("title", "山洪灾害红色预警"),
        ("text", "未来三小时北部乡镇山洪风险极高，县里已启动一级应急响应。"),
        ("advice", "请立即远离河道，听从村干部指挥。"),
        ("issuer", "示范县防汛抗旱指挥部"),
    ):
        await drafter.fill(f"[name={name}]", value)
    await drafter.click("main .button-primary")
    await drafter.wait_for_url("**done=emergency_drafted")
    return drafter.url.split("?")[0]


async def sign(page: Page, address: str) -> None:
    await page.goto(address)
    await page.wait_for_selector(READY)
    await page.click("[data-sign]")


async def test_one_drafts_two_sign_two_cancel(desk: Desk, tmp_path: Path) -> None:
    _, drafter, first, second = await group(desk)
    address = await drafted(desk, drafter)
    await expect(drafter.locator("[data-sign]")).to_have_count(0)

    await first.goto(address)
    await first.wait_for_selector(READY)
    shown = await first.inner_text("[data-body-place]")
    until = await first.inner_text("[data-expires]")
    await first.screenshot(path=tmp_path / "sign.png", full_page=True)
    await first.click("[data-sign]")
    await first.wait_for_url("**done=signed")
    waiting = await first.inner_text("main")
    await sign(second, address)
    await second.wait_for_url("**done=emergency_published")
    await second.screenshot(path=tmp_path / "standing.png", full_page=True)

    assert "请立即远离河道，听从村干部指挥。" in shown
    assert until.startswith("2026/")
    assert "已签 1 人，须 2 人" in waiting
    standing = await second.inner_text("main")
    assert "正在显示" in standing
    await sign(first, address)
    await first.wait_for_url("**done=signed")
    await sign(second, address)
    await second.wait_for_url("**done=emergency_cancelled")
    await drafter.goto(f"{desk.base}/desk/emergency")
    await drafter.screenshot(path=tmp_path / "list.png", full_page=True)
    assert "已撤销" in await drafter.inner_text("main")


async def test_the_pages_fit_a_small_phone(desk: Desk, tmp_path: Path) -> None:
    _, drafter, first, _ = await group(desk)
    address = await drafted(desk, drafter)

    for page, path in ((drafter, f"{desk.base}/desk/emergency"), (first, address)):
        await page.set_viewport_size(PHONE_SIZE)
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE_SIZE["width"]
    await first.screenshot(path=tmp_path / "phone.png", full_page=True)


async def test_the_browsers_root_hands_over_to_the_holders(desk: Desk, tmp_path: Path) -> None:
    """The key in the first administrator's browser signs once more, and terminals of before follow."""
    admin, *_ = await group(desk)
    policies = desk.zone.app[keys.POLICIES]
    old: TrustRoot = await policies.root()
    held = await policies.current()
    assert held is not None
    shelf = TrustShelf(desk.zone.app[keys.CONFIG].state, clock=desk.zone.app[keys.CLOCK])
    trust = Trust(tmp_path / "trust", shelf.online_public())
    result = trust.hold(await policies.next_of(held.policy), holders=HOLDERS)
    await policies.adopt(result, online=shelf.online_public())

    await admin.goto(f"{desk.base}/desk/people")
    await admin.wait_for_selector(f'[data-signing="policy"] {READY}')
    await admin.screenshot(path=tmp_path / "handover.png", full_page=True)
    await admin.click('[data-signing="policy"] [data-sign]')
    await admin.wait_for_url("**done=policy_signed")

    signed = await policies.current()
    assert signed is not None
    assert check_policy(signed, root=old, held=1).version == 2
    await desk.invite(admin, "late", "approver")
    await expect(admin.locator('[data-signing="policy"]')).to_have_count(0)
