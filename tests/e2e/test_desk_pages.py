"""The desk in a real browser: keys that never leave it, content that it checks itself, pages by keyboard."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from content.disclosure.classes import DisclosureClass
from content.feed.policy import check_policy
from content.feed.statement import Action
from controller import keys
from controller.store.documents import Proposal
from tests.support.browser import DESK_SIZE, PHONE_SIZE, open_browser
from tests.support.zone import NOTICE, PASSWORD, Zone, open_zone

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

READY = "[data-sign]:not([disabled])"


class Desk:
    """A zone and the browsers of its people, in the words of the tests."""

    def __init__(self, zone: Zone, browser: Browser) -> None:
        self.zone = zone
        self.browser = browser
        self.base = str(zone.client.make_url("")).rstrip("/")

    async def open(self, path: str, **context: Any) -> Page:
        """Open a page in a browser of its own."""
        opened = await self.browser.new_context(viewport=DESK_SIZE, locale="zh-CN", **context)
        page = await opened.new_page()
        page.on("dialog", _agree)
        await page.goto(self.base + path)
        return page

    async def set_up(self) -> Page:
        """Set the zone up; the page's browser holds the root key."""
        token = await self.zone.app[keys.PEOPLE].set_up_token()
        page = await self.open(f"/setup/{token}")
        await page.wait_for_selector(READY)
        for name, value in (("name", "管理员甲"), ("login", "admin"), ("password", PASSWORD)):
            await page.fill(f"[name={name}]", value)
        await page.click("[data-sign]")
        await page.wait_for_url("**/desk/people?done=set_up")
        return page

    async def invite(self, admin: Page, login: str, role: str) -> Page:
        """Invite somebody and accept the invitation in another browser."""
        form = admin.locator('form[action="/desk/people"]')
        await form.locator("[name=name]").fill(f"职员{login}")
        await form.locator("[name=login]").fill(login)
        await form.locator(f"[name=role][value={role}]").check()
        await form.locator("button").click()
        link = await admin.locator("#link").input_value()
        page = await self.open(link.removeprefix(self.zone.app[keys.CONFIG].public_url))
        await page.fill("[name=password]", PASSWORD)
        await page.fill("[name=again]", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/desk/account?done=welcome")
        return page


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        zone = await stack.enter_async_context(open_zone(tmp_path / "zone"))
        yield Desk(zone, await stack.enter_async_context(open_browser(tmp_path)))


async def _agree(dialog: Any) -> None:
    await dialog.accept()


async def make_key(page: Page) -> None:
    await page.fill('[data-signing="register"] [name=name]', "办公室电脑")
    await page.wait_for_selector(f'[data-signing="register"] {READY}')
    await page.click('[data-signing="register"] [data-sign]')
    await page.wait_for_url("**done=key_registered")


async def sign_policy(desk: Desk, admin: Page) -> None:
    await admin.goto(f"{desk.base}/desk/people")
    await admin.wait_for_selector(f'[data-signing="policy"] {READY}')
    await admin.click('[data-signing="policy"] [data-sign]')
    await admin.wait_for_url("**done=policy_signed")


async def staffed(desk: Desk) -> tuple[Page, Page]:
    """Return the browsers of a drafter and of an approver whose key is in force."""
    admin = await desk.set_up()
    drafter = await desk.invite(admin, "drafter", "drafter")
    approver = await desk.invite(admin, "approver", "approver")
    await make_key(approver)
    await sign_policy(desk, admin)
    return drafter, approver


async def submitted(desk: Desk, drafter: Page, folder: Path) -> str:
    """Upload, classify and submit a document by its page alone; return its id."""
    file = folder / "供暖通知.txt"
    file.write_text("\n".join(NOTICE), "utf-8")
    await drafter.goto(f"{desk.base}/desk/documents")
    await drafter.set_input_files("#files", [str(file)])
    await drafter.locator("[data-uploads] a:visible").click()
    await drafter.click("#class .button")
    await drafter.click("#edit-class .button-primary")
    await drafter.click('form[action$="/submit"] button')
    await drafter.wait_for_url("**done=submitted")
    return drafter.url.split("/")[-1].split("?")[0]


async def test_a_document_goes_from_the_drafters_file_to_the_citizens_phone(
    desk: Desk, tmp_path: Path
) -> None:
    drafter, approver = await staffed(desk)
    document = await submitted(desk, drafter, tmp_path)

    await approver.goto(f"{desk.base}/desk/documents/{document}/approve")
    await approver.wait_for_selector(READY)
    shown = await approver.inner_text("[data-body-place]")
    digest = await approver.inner_text("[data-digest]")
    await approver.click("[data-sign]")
    await approver.wait_for_url("**done=published")
    phone = await desk.open(f"/d/{document}", java_script_enabled=False)
    await phone.set_viewport_size(PHONE_SIZE)
    read = await phone.inner_text("body")

    assert [line for line in NOTICE[2:6] if line not in shown] == []
    assert [line for line in NOTICE[:6] if line not in read] == []
    assert digest in read
    assert await phone.evaluate("document.documentElement.scrollWidth") <= PHONE_SIZE["width"]


async def test_what_the_browser_signed_is_what_a_terminal_would_check(
    desk: Desk, tmp_path: Path
) -> None:
    drafter, approver = await staffed(desk)
    document = await submitted(desk, drafter, tmp_path)
    await approver.goto(f"{desk.base}/desk/documents/{document}/approve")
    await approver.wait_for_selector(READY)
    await approver.click("[data-sign]")
    await approver.wait_for_url("**done=published")

    policies, publishing = desk.zone.app[keys.POLICIES], desk.zone.app[keys.PUBLISHING]
    policy = await policies.current()
    published = await publishing.record(document)  # reads and verifies like a terminal

    assert policy
    assert check_policy(policy, root=await policies.root(), held=0).version == 1
    assert published.approvers == ("职员approver",)


@pytest.mark.parametrize("what", ["body", "statement"])
async def test_a_lying_server_gets_no_signature(desk: Desk, tmp_path: Path, what: str) -> None:
    drafter, approver = await staffed(desk)
    document = await submitted(desk, drafter, tmp_path)

    async def lie(route: Route) -> None:
        answer = await route.fetch()
        honest = await answer.body()
        await route.fulfill(response=answer, body=honest.replace(*_swap(what)))

    await approver.route(f"**/{document}/{what}?*", lie)
    await approver.goto(f"{desk.base}/desk/documents/{document}/approve")

    await expect(approver.locator("[data-notice]")).to_contain_text("已停止签名")
    await expect(approver.locator("[data-sign]")).to_be_disabled()


def _swap(what: str) -> tuple[bytes, bytes]:
    """Return what the lie replaces: a date in the body, or the version in the statement."""
    if what == "body":
        return "11月10日".encode(), "11月20日".encode()
    return b'"version": 1', b'"version": 2'


async def test_the_private_key_cannot_be_taken_out_of_the_browser(desk: Desk) -> None:
    admin = await desk.set_up()

    refusal = await admin.evaluate(
        """async () => {
          const { keysHere } = await import("/desk/static/keys.js");
          const [key] = await keysHere();
          const tries = await Promise.allSettled(
            ["pkcs8", "jwk", "raw"].map((form) => crypto.subtle.exportKey(form, key.privateKey)));
          return [key.privateKey.extractable, tries.map((one) => one.status)];
        }"""
    )

    assert refusal == [False, ["rejected", "rejected", "rejected"]]


async def test_canonical_bytes_are_the_same_in_the_browser_as_in_python(desk: Desk) -> None:
    page = await desk.open("/desk/login")
    zone = desk.zone
    await zone.staff()
    hostile = (*NOTICE[:3], 'Ａ"\\/\u2028\u007f𠮷\t引号“”', *NOTICE[3:])
    document = await zone.draft(text=hostile)
    drafter, documents = zone.people["drafter"], zone.app[keys.DOCUMENTS]
    seen = (
        await documents.propose(
            drafter, document.id, Proposal(DisclosureClass.PROACTIVE), seen=document.revision
        )
    ).revision
    await documents.submit(drafter, document.id, seen=seen)
    offer = await zone.app[keys.PUBLISHING].statement_for(
        zone.people["approver"], document.id, action=Action.PUT
    )

    made = await page.evaluate(
        """async (body) => {
          const { canonical, sha256 } = await import("/desk/static/canonical.js");
          return sha256(new TextEncoder().encode(canonical(JSON.parse(body))));
        }""",
        offer.body.decode(),
    )

    assert made == hashlib.sha256(offer.body).hexdigest() == offer.statement.digest


async def test_without_https_the_page_says_what_to_do(desk: Desk) -> None:
    token = await desk.zone.app[keys.PEOPLE].set_up_token()
    context = await desk.browser.new_context(viewport=DESK_SIZE)
    await context.add_init_script(
        "Object.defineProperty(window, 'isSecureContext', { value: false })"
    )
    page = await context.new_page()

    await page.goto(f"{desk.base}/setup/{token}")

    await expect(page.locator("[data-notice]")).to_contain_text("https")
    await expect(page.locator("[data-sign]")).to_be_disabled()


async def test_a_browser_without_ed25519_is_told_which_browsers_can(desk: Desk) -> None:
    token = await desk.zone.app[keys.PEOPLE].set_up_token()
    context = await desk.browser.new_context(viewport=DESK_SIZE)
    await context.add_init_script(
        "crypto.subtle.generateKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'))"
    )
    page = await context.new_page()

    await page.goto(f"{desk.base}/setup/{token}")

    await expect(page.locator("[data-notice]")).to_contain_text("这个浏览器不支持签名")


async def test_a_weak_password_at_set_up_costs_nothing(desk: Desk) -> None:
    token = await desk.zone.app[keys.PEOPLE].set_up_token()
    page = await desk.open(f"/setup/{token}")
    await page.wait_for_selector(READY)
    await page.fill("[name=name]", "管理员甲")
    await page.fill("[name=login]", "admin")
    await page.fill("[name=password]", "aaaaaaaaaa")
    await page.click("[data-sign]")
    await expect(page.locator(".notices .notice-bad")).to_contain_text("密码过于简单")
    await page.wait_for_selector(READY)

    await page.fill("[name=password]", PASSWORD)
    await page.click("[data-sign]")
    await page.wait_for_url("**/desk/people?done=set_up")

    assert (
        await page.evaluate(
            "import('/desk/static/keys.js').then((m) => m.keysHere()).then((all) => all.length)"
        )
        == 1
    )


async def test_an_ended_session_loses_nothing_that_was_typed(desk: Desk, tmp_path: Path) -> None:
    await desk.zone.staff()
    document = await desk.zone.draft()
    page = await desk.open(f"/desk/login?next=/desk/documents/{document.id}%3Fedit=fields")
    await page.fill("[name=login]", "drafter")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#edit-fields")

    await page.fill("#f-title", "写了很久的标题")
    await page.context.clear_cookies()
    await page.click("#edit-fields .button-primary")

    await expect(page.locator("#toast")).to_contain_text("登录已过期")
    assert await page.input_value("#f-title") == "写了很久的标题"


@pytest.mark.parametrize("path", ["", "/documents", "/terminals", "/requests", "/account"])
async def test_no_page_is_wider_than_a_small_phone(desk: Desk, path: str) -> None:
    await desk.zone.staff()
    await desk.zone.published()
    page = await desk.open("/desk/login")
    await page.fill("[name=login]", "officer")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")
    await page.set_viewport_size({"width": 360, "height": 740})

    await page.goto(f"{desk.base}/desk{path}")

    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_the_menu_opens_by_keyboard_on_a_narrow_page(desk: Desk) -> None:
    await desk.zone.staff()
    page = await desk.open("/desk/login")
    await page.fill("[name=login]", "drafter")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")
    await page.set_viewport_size({"width": 360, "height": 740})

    await page.focus("[data-menu]")
    await page.keyboard.press("Enter")

    await expect(page.locator("#nav")).to_be_visible()
    assert await page.get_attribute("[data-menu]", "aria-expanded") == "true"
