"""The documentation's staff: the desk's pages, each as its work is really done."""

import asyncio
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from controller.demo.zone import POLICY_S, DemoZone
from tests.support import desk_browser as desk
from tests.support.desk_browser import DeskPerson

HEATING = "冬季供水"
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


DESK_PAGES = {
    "desk-requests": "/desk/requests",
    "desk-terminals": "/desk/terminals",
    "desk-terminal": "/desk/terminals/at/hall-1",
    "desk-alerts": "/desk/terminals/alerts",
    "desk-bundles": "/desk/terminals/bundles",
    "desk-search": "/desk/search?q=低保怎么申请",
    "desk-words": "/desk/words",
    "desk-audit": "/desk/audit",
    "desk-missing": "/desk/documents/0000000000",
}


async def staff(
    zone: DemoZone, browser: Browser, folder: Path, shoot: Any
) -> tuple[DeskPerson, ...]:
    """Walk through the desk; return who was there."""
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
    await _published(drafter, guest, shoot)
    await _words(drafter, guest, shoot)
    for name, path in DESK_PAGES.items():
        await guest.go(path)
        await shoot(name, guest.page)
    await _place(guest, shoot)
    await guest.go("/desk/requests")
    await guest.page.locator("tbody a").first.click()
    await shoot("desk-request", guest.page)
    await _looks(guest, shoot)
    return guest, drafter


async def _place(guest: DeskPerson, shoot: Any) -> None:
    """A site is put on the map."""
    page = await guest.go("/desk/terminals/map?site=县政务服务大厅#place")
    await page.fill("#f-longitude", "104.21500")
    await page.fill("#f-latitude", "30.57200")
    await shoot("desk-site", page, full=True)
    await page.click(".place-form .button-primary")
    await page.wait_for_url("**done=**")
    await guest.go("/desk/terminals/map")
    await shoot("desk-map", page)


async def _looks(guest: DeskPerson, shoot: Any) -> None:
    """The same pages in the dark, and in English."""
    await guest.go("/desk")
    await shoot("desk-home", guest.page)
    await guest.page.emulate_media(color_scheme="dark")
    await shoot("desk-home-dark", guest.page)
    await guest.go("/desk/terminals")
    await shoot("desk-terminals-dark", guest.page)
    await guest.page.emulate_media(color_scheme="light")


async def _documents(drafter: DeskPerson, approver: DeskPerson, folder: Path, shoot: Any) -> None:
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


async def _published(drafter: DeskPerson, approver: DeskPerson, shoot: Any) -> None:
    """A published document is corrected, its changes are read, and its withdrawal is offered."""
    page = await approver.go("/desk/documents")
    link = page.locator("a.title-link", has_text=HEATING).first
    address = str(await link.get_attribute("href")).split("?")[0]
    await approver.go(f"{address}/withdraw")
    await page.locator("form[data-signing] button[data-sign]:not([disabled])").wait_for()
    await shoot("desk-withdraw", page)
    page = await drafter.go(address)
    edits = page.locator(".block-edit")
    await edits.nth(await edits.count() // 2).click()
    text = page.locator("#edit-block #text")
    await text.fill((await text.input_value()).replace("。", "，请相互转告。", 1))
    await shoot("desk-edit", page, full=True)
    await page.locator("#edit-block button.button-primary").click()
    await page.locator("#edit-block").wait_for(state="detached")
    await drafter.go(f"{address}/changes")
    await shoot("desk-changes", page)


async def _words(drafter: DeskPerson, approver: DeskPerson, shoot: Any) -> None:
    """A word is added and waits for its approval; a question is kept that judges what the search learns."""
    page = await drafter.go("/desk/words?tab=hot")
    await page.fill("#text", "冬季取暖")
    await page.click('form[action$="/add/hot"] button')
    await page.wait_for_url("**done=words_changed**")
    page = await approver.go("/desk/words")
    await page.click('a[href*="/words/approve"]')
    await page.locator("form[data-signing] button[data-sign]:not([disabled])").wait_for()
    await shoot("desk-words-approve", page)
    page = await drafter.go("/desk/words/exam?text=种地有补贴吗&find=耕地地力保护补贴")
    await page.locator(".pick button").first.click()
    await page.wait_for_url("**done=**")
    await shoot("desk-exams", page)
