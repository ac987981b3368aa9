"""Jobs at the desk: who may give them, to whom, what becomes of them, and who sees what they bring."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller import keys
from controller.store.jobs import KeptJob
from devices.wire.jobs import JobReport, JobState
from tests.support.zone import TestClock, Zone, open_zone
from tests.unit.test_pages_desk import HTML, enter
from tests.unit.test_pages_fleet import MONDAY, enrol

PAGE = "/desk/terminals/jobs"
PICTURE = b"\x89PNG of the glass"


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone", clock=TestClock(MONDAY)) as opened:
        await opened.staff()
        await enrol(opened, "hall-1", "hall-2")
        yield opened


async def give(zone: Zone, csrf: str, **fields: str) -> tuple[int, str]:
    form = {"csrf": csrf, "kind": "printer_test", "reason": "例行检查", "lasts": "900", **fields}
    answer = await zone.client.post(PAGE, data=form, headers=HTML)
    return answer.status, await answer.text()


async def jobs_of(zone: Zone, device: str = "hall-1") -> tuple[KeptJob, ...]:
    return await zone.app[keys.JOBS].of(device)


async def says(zone: Zone, job: str, state: JobState, why: str = "", ver: int = 1) -> None:
    await zone.app[keys.JOBS].said("hall-1", JobReport(job, state, ver, why))


async def test_a_job_is_given_and_its_life_can_be_followed(zone: Zone) -> None:
    csrf = await enter(zone, "admin")

    status, html = await give(zone, csrf, device="hall-1")
    (job,) = await jobs_of(zone)

    assert status == 200
    assert "任务已下达" in html
    assert "待领取" in html
    for state, word in ((JobState.RUNNING, "执行中"), (JobState.DONE, "已完成")):
        await says(zone, job.id, state, ver=2 if state is JobState.DONE else 1)
        page = await zone.client.get(f"{PAGE}/{job.id}", headers=HTML)
        assert word in await page.text()
    terminal = await zone.client.get("/desk/terminals/at/hall-1", headers=HTML)
    assert "打印测试页" in await terminal.text()


async def test_a_group_gets_one_job_each_and_only_who_has_that_screen(zone: Zone) -> None:
    csrf = await enter(zone, "admin")

    await give(zone, csrf, site="一号大厅", kind="volume", percent="30")
    await give(zone, csrf, region="5122", kind="screenshot", ui="signage-1")
    status, html = await give(zone, csrf, region="5122", kind="screenshot", ui="signage-9")

    assert [len(await jobs_of(zone, one)) for one in ("hall-1", "hall-2")] == [2, 2]
    assert status == 422
    assert "没有这块屏幕" in html


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "请先选择"),
        ({"device": "hall-9"}, "请先选择"),
        ({"device": "hall-1", "kind": "format_disk"}, "请选择要做什么"),
        ({"device": "hall-1", "reason": " "}, "请填写操作原因"),
        ({"device": "hall-1", "kind": "volume", "percent": "400"}, "参数不正确"),
        ({"device": "hall-1", "kind": "screen_power", "ui": "kiosk", "power": "$(id)"}, "参数"),
    ],
)
async def test_what_cannot_be_done_is_answered_and_what_was_typed_stays(
    zone: Zone, fields: dict[str, str], sentence: str
) -> None:
    csrf = await enter(zone, "admin")

    status, html = await give(zone, csrf, **fields)

    assert status == 422
    assert sentence in html
    assert await jobs_of(zone) == ()


@pytest.mark.parametrize("login", ["drafter", "approver", "officer", "auditor"])
async def test_others_see_jobs_and_give_withdraw_and_look_at_none(zone: Zone, login: str) -> None:
    admin = await enter(zone, "admin")
    await give(zone, admin, device="hall-1", kind="screenshot", ui="kiosk")
    (job,) = await jobs_of(zone)
    csrf = await enter(zone, login)

    seen = await zone.client.get(PAGE, headers=HTML)
    given = await give(zone, csrf, device="hall-1")
    back = await zone.client.post(f"{PAGE}/{job.id}/withdraw", data={"csrf": csrf})
    looked = await zone.client.get(f"{PAGE}/{job.id}/result", headers=HTML)

    assert seen.status == 200
    assert '<form class="stack job-form"' not in await seen.text()
    assert (given[0], back.status, looked.status) == (403, 403, 403)
    assert [one.state for one in await jobs_of(zone)] == [JobState.WAITING]


async def test_a_visitor_sees_no_jobs_and_a_form_without_the_token_gives_none(zone: Zone) -> None:
    await enter(zone, "admin")
    bare = await zone.client.post(PAGE, data={"device": "hall-1", "kind": "reboot", "reason": "x"})
    zone.client.session.cookie_jar.clear()
    seen = await zone.client.get(PAGE, headers=HTML, allow_redirects=False)

    assert bare.status == 403
    assert seen.status == 303
    assert await jobs_of(zone) == ()


async def test_a_waiting_job_is_withdrawn_and_one_that_was_taken_is_not(zone: Zone) -> None:
    csrf = await enter(zone, "admin")
    await give(zone, csrf, device="hall-1")
    await give(zone, csrf, device="hall-1", kind="reboot")
    second, first = await jobs_of(zone)
    await says(zone, first.id, JobState.RUNNING)

    done = await zone.client.post(f"{PAGE}/{second.id}/withdraw", data={"csrf": csrf})
    late = await zone.client.post(f"{PAGE}/{first.id}/withdraw", data={"csrf": csrf}, headers=HTML)

    assert "任务已撤回" in await done.text()
    assert late.status == 422
    assert "不能撤回" in await late.text()


async def test_a_picture_is_shown_and_a_log_is_downloaded_and_both_are_audited(zone: Zone) -> None:
    csrf = await enter(zone, "admin")
    await give(zone, csrf, device="hall-1", kind="screenshot", ui="kiosk")
    await give(zone, csrf, device="hall-1", kind="log_bundle")
    log, picture = await jobs_of(zone)
    for job, data in ((picture, PICTURE), (log, "日志".encode())):
        await zone.app[keys.JOBS].brought("hall-1", job.id, data)
        await says(zone, job.id, JobState.DONE)

    shown = await zone.client.get(f"{PAGE}/{picture.id}/result")
    loaded = await zone.client.get(f"{PAGE}/{log.id}/result")
    page = await (await zone.client.get(PAGE, headers=HTML)).text()

    assert (shown.content_type, await shown.read()) == ("image/png", PICTURE)
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert loaded.headers["Content-Disposition"] == 'attachment; filename="hall-1-2.txt"'
    assert "查看截图" in page
    assert "下载" in page
    auditor = zone.people["auditor"]
    acts = [one.act for one in await zone.app[keys.AUDIT].list(auditor, subject="hall-1")]
    assert acts.count("job_result_read") == 2


async def test_a_refusal_is_said_with_its_reason_and_a_hostile_reason_is_only_text(
    zone: Zone,
) -> None:
    csrf = await enter(zone, "admin")
    for _ in range(3):
        await give(zone, csrf, device="hall-1")
    third, second, first = await jobs_of(zone)
    await says(zone, first.id, JobState.REJECTED, "session_open")
    await says(zone, second.id, JobState.FAILED, "paper_out")
    await says(zone, third.id, JobState.FAILED, "<script>x</script>")

    html = await (await zone.client.get(PAGE, headers=HTML)).text()

    assert "为保护隐私没有执行" in html
    assert "请装入新纸卷" in html
    assert "<script>x" not in html
    assert "&lt;script&gt;x" in html


async def test_a_job_that_nobody_took_is_said_to_be_over(zone: Zone) -> None:
    csrf = await enter(zone, "admin")
    await give(zone, csrf, device="hall-1")
    clock = zone.app[keys.CLOCK]
    assert isinstance(clock, TestClock)
    clock.forward(minutes=16)
    await zone.app[keys.JOBS].expire()
    await zone.app[keys.JOBS].expire()

    html = await (await zone.client.get(PAGE, headers=HTML)).text()

    assert "期限内终端没有领取" in html
    acts = [one.act for one in await zone.app[keys.AUDIT].list(zone.people["auditor"])]
    assert acts.count("job_expired") == 1


async def test_an_open_page_hears_of_each_step(zone: Zone) -> None:
    csrf = await enter(zone, "admin")
    await give(zone, csrf, device="hall-1")
    (job,) = await jobs_of(zone)

    async with asyncio.timeout(20), zone.client.get(f"{PAGE}/live?device=hall-1") as stream:
        first = (await stream.content.readuntil(b"\n\n")).decode()
        await says(zone, job.id, JobState.RUNNING)
        second = (await stream.content.readuntil(b"\n\n")).decode()

    assert "待领取" in first
    assert f'value="{csrf}"' in first
    assert "执行中" in second
    assert re.match("event: jobs\n", second)


async def test_without_jobs_the_page_says_how_to_begin(zone: Zone) -> None:
    await enter(zone, "admin")

    html = await (await zone.client.get(PAGE, headers=HTML)).text()

    assert "还没有任务" in html
    assert "请先在上面选择" in html
