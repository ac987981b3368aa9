"""People at the desk, in a real Chromium: each with a browser of their own, so that their keys are their own."""

from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, expect

PASSWORD = "correct horse battery 42"


@dataclass
class DeskPerson:
    """Somebody at the desk and the page before them."""

    page: Page
    base: str

    async def go(self, path: str) -> Page:
        await self.page.goto(self.base + path)
        return self.page

    async def sign_in(self, login: str) -> None:
        await self.go("/desk/login")
        await self.page.fill("#f-login", login)
        await self.page.fill("#f-password", PASSWORD)
        await self.page.click("form[action='/desk/login'] button.button-primary")
        await self.page.wait_for_url(lambda url: "/desk/login" not in url)

    async def press_when_ready(self, selector: str) -> None:
        """Press a signing button as soon as the page lets one."""
        button = self.page.locator(selector)
        await expect(button).to_be_enabled(timeout=15_000)
        await button.click()


async def new_person(browser: Browser, base: str) -> DeskPerson:
    """Return somebody with a fresh browser profile."""
    context = await browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    return DeskPerson(await context.new_page(), base)


async def set_up(person: DeskPerson, link: str) -> None:
    """Make the first administrator, root key and all."""
    await person.page.goto(link)
    await person.page.fill("#f-name", "区管理员")
    await person.page.fill("#f-login", "keeper")
    await person.page.fill("#f-password", PASSWORD)
    await person.press_when_ready("form[data-signing=setup] button[data-sign]")
    await person.page.wait_for_url(lambda url: "/desk" in url)
    if "/desk/login" in person.page.url:
        await person.sign_in("keeper")


async def invite(admin: DeskPerson, *, name: str, login: str, roles: tuple[str, ...]) -> str:
    """Invite somebody and return the one-time link."""
    page = await admin.go("/desk/people")
    form = page.locator("section.narrow-left form")
    await form.locator("#f-name").fill(name)
    await form.locator("#f-login").fill(login)
    for role in roles:
        await form.locator(f"input[name=role][value={role}]").check()
    await form.locator("button.button-primary").click()
    return await page.locator("#link").input_value()


async def accept(person: DeskPerson, link: str, login: str) -> None:
    """Accept an invitation and be signed in."""
    await person.page.goto(link)
    await person.page.fill("#f-password", PASSWORD)
    await person.page.fill("#f-again", PASSWORD)
    await person.page.click("button.button-primary")
    await person.page.wait_for_url(lambda url: "/desk" in url)
    if "/desk/login" in person.page.url:
        await person.sign_in(login)


async def make_key(person: DeskPerson) -> None:
    """Make an approval key in this person's browser."""
    page = await person.go("/desk/account")
    form = page.locator("form[data-signing=register]")
    await form.locator("#f-name").fill("办公电脑")
    await person.press_when_ready("form[data-signing=register] button[data-sign]")
    await expect(page.locator("table[data-signing=held] tbody tr")).to_have_count(1, timeout=15_000)


async def sign_policy(admin: DeskPerson) -> None:
    """Let the new keys count: the administrator signs the policy with the root key."""
    page = await admin.go("/desk/people")
    await admin.press_when_ready("form[data-signing=policy] button[data-sign]")
    await expect(page.locator("form[data-signing=policy]")).to_have_count(0, timeout=15_000)


async def upload(drafter: DeskPerson, path: Path) -> str:
    """Import a file and return the document's id."""
    page = await drafter.go("/desk/documents")
    await page.set_input_files("#files", str(path))
    link = page.locator("[data-uploads] li a")
    await expect(link).to_be_visible(timeout=30_000)
    address = await link.get_attribute("href") or ""
    return address.rstrip("/").rsplit("/", 1)[-1]


async def propose_and_submit(drafter: DeskPerson, document_id: str) -> None:
    """Propose 主动公开 and hand the document to the approvers."""
    page = await drafter.go(f"/desk/documents/{document_id}?edit=class")
    await page.locator("#edit-class input[name=class][value=proactive]").check()
    await page.locator("#edit-class button.button-primary").click()
    submit = page.locator(f"form[action='/desk/documents/{document_id}/submit'] button")
    await expect(submit).to_be_enabled(timeout=15_000)
    await submit.click()
    await expect(submit).to_have_count(0, timeout=15_000)


async def sign_document(approver: DeskPerson, document_id: str) -> None:
    """Sign what the browser itself has fetched and checked."""
    page = await approver.go(f"/desk/documents/{document_id}/approve")
    await approver.press_when_ready("form[data-signing=approve] button[data-sign]")
    await page.wait_for_url(lambda url: not url.endswith("/approve"), timeout=15_000)
