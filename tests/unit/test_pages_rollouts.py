"""Rollouts at the desk: planned in a form, followed on a page that stays true, turned by an administrator alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller import keys
from controller.store.rollouts import Phase, Rollout
from tests.support.zone import TestClock, Zone, open_zone
from tests.unit.test_pages_desk import HTML, enter
from tests.unit.test_pages_fleet import MONDAY, enrol

PAGE = "/desk/terminals/rollouts"
FORM = {
    "kind": "configuration",
    "title": "音量统一调低",
    "set-volume": "40",
    "first": "hall-1",
    "by": "share",
    "percents": "50, 100",
    "success": "95",
    "error": "5",
    "soak": "10",
    "patience": "6",
}


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone", clock=TestClock(MONDAY)) as opened:
        await opened.staff()
        await enrol(opened, "hall-1", "hall-2", "hall-3")
        yield opened


async def plan(zone: Zone, csrf: str, **fields: str) -> tuple[int, str]:
    form = {**FORM, "csrf": csrf, **fields}
    answer = await zone.client.post(f"{PAGE}/plan", data=form, headers=HTML)
    return answer.status, await answer.text()


async def begun(zone: Zone) -> Rollout:
    (one,) = await zone.app[keys.ROLLOUTS].list()
    return one


async def test_a_plan_begins_and_its_waves_are_drawn(zone: Zone) -> None:
    csrf = await enter(zone, "admin")

    status, html = await plan(zone, csrf)

    assert status == 200
    assert "首批终端正在接收" in html
    assert [f"第 {n} 批" in html for n in (1, 2, 3, 4)] == [True, True, True, False]
    one = await begun(zone)
    assert one.settings == {"volume": "40"}
    assert (one.gate.success_percent, one.gate.soak_s) == (95, 600)
    assert "音量统一调低" in await (await zone.client.get(PAGE, headers=HTML)).text()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": " "}, "请填写这次分批下发的名称"),
        ({"set-volume": ""}, "请填写要下发的内容"),
        ({"set-volume": "999"}, "不在允许范围内"),
        ({"percents": "50, 10"}, "从小到大"),
        ({"percents": "all"}, "这样的数字"),
        ({"first": "hall-9"}, "hall-9"),
        ({"by": "region", "order": "6", "first": ""}, "没有终端"),
        ({"success": "0"}, "成功比例"),
        ({"kind": "software"}, "请选择下发什么"),
        ({"kind": "content"}, "请填写要下发的内容"),
        ({"kind": "content", "record": "D999999999"}, "没有文件"),
    ],
)
async def test_a_plan_that_makes_no_sense_is_answered_and_what_was_typed_stays(
    zone: Zone, fields: dict[str, str], sentence: str
) -> None:
    csrf = await enter(zone, "admin")

    status, html = await plan(zone, csrf, **fields)

    assert status in {404, 422}
    assert sentence in html
    if fields.get("title") is None and status == 422:
        assert 'value="音量统一调低"' in html
    assert await zone.app[keys.ROLLOUTS].list() == ()


async def test_documents_that_wait_for_their_signature_can_be_staged(zone: Zone) -> None:
    submitted = await zone.submitted()
    csrf = await enter(zone, "admin")
    form = await (await zone.client.get(f"{PAGE}/plan?kind=content", headers=HTML)).text()

    status, html = await plan(zone, csrf, kind="content", record=submitted.id)

    assert submitted.id in form
    assert status == 200
    assert f"/desk/documents/{submitted.id}" in html
    assert (await begun(zone)).records == {submitted.id: 0}


async def test_it_is_halted_resumed_and_led_back_with_buttons(zone: Zone) -> None:
    csrf = await enter(zone, "admin")
    await plan(zone, csrf)
    one = await begun(zone)
    said = {}
    for act in ("halt", "resume", "back"):
        answer = await zone.client.post(f"{PAGE}/{one.id}/{act}", data={"csrf": csrf}, headers=HTML)
        said[act] = await answer.text()
    late = await zone.client.post(f"{PAGE}/{one.id}/halt", data={"csrf": csrf}, headers=HTML)

    assert "管理员已暂停" in said["halt"]
    assert "已继续" in said["resume"]
    assert "管理员要求回退" in said["back"]
    assert late.status == 422
    assert "状态已经改变" in await late.text()
    phase = (await begun(zone)).standing.phase
    assert phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK}


@pytest.mark.parametrize("login", ["drafter", "approver", "officer", "auditor"])
async def test_others_look_and_turn_nothing(zone: Zone, login: str) -> None:
    admin = await enter(zone, "admin")
    await plan(zone, admin)
    one = await begun(zone)
    csrf = await enter(zone, login)

    seen = [await zone.client.get(at, headers=HTML) for at in (PAGE, f"{PAGE}/{one.id}")]
    form = await zone.client.get(f"{PAGE}/plan", headers=HTML)
    planned = await plan(zone, csrf)
    turned = [
        (await zone.client.post(f"{PAGE}/{one.id}/{act}", data={"csrf": csrf})).status
        for act in ("halt", "resume", "back", "close")
    ]

    assert [one.status for one in seen] == [200, 200]
    assert "/halt" not in await seen[1].text()
    assert (form.status, planned[0]) == (403, 403)
    assert turned == [403] * 4
    assert (await begun(zone)).standing.phase is Phase.RUNNING


async def test_a_visitor_sees_none_and_a_form_without_the_token_turns_none(zone: Zone) -> None:
    csrf = await enter(zone, "admin")
    await plan(zone, csrf)
    one = await begun(zone)
    bare = await zone.client.post(f"{PAGE}/{one.id}/back")
    zone.client.session.cookie_jar.clear()

    seen = await zone.client.get(f"{PAGE}/{one.id}", headers=HTML, allow_redirects=False)

    assert bare.status == 403
    assert seen.status == 303
    assert (await begun(zone)).standing.phase is Phase.RUNNING


async def test_an_open_page_hears_of_a_halt(zone: Zone) -> None:
    csrf = await enter(zone, "admin")
    await plan(zone, csrf)
    one = await begun(zone)

    async with asyncio.timeout(30), zone.client.get(f"{PAGE}/{one.id}/live") as stream:
        first = (await stream.content.readuntil(b"\n\n")).decode()
        await zone.app[keys.ROLLOUTS].halt(zone.people["admin"], one.id)
        while "管理员已暂停" not in (last := (await stream.content.readuntil(b"\n\n")).decode()):
            pass

    assert "进行中" in first
    assert last.startswith("event: rollout\n")
    assert f'value="{csrf}"' in last


async def test_a_rollout_that_is_not_there_is_not_found(zone: Zone) -> None:
    await enter(zone, "admin")

    for at in ("", "/live"):
        answer = await zone.client.get(f"{PAGE}/{'0' * 32}{at}", headers=HTML)
        assert answer.status == 404


async def test_without_rollouts_the_page_says_how_to_begin(zone: Zone) -> None:
    await enter(zone, "admin")

    assert "还没有分批下发" in await (await zone.client.get(PAGE, headers=HTML)).text()
