"""The fleet's pages over a whole controller: map, one terminal, alerts, and who may change what."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from controller import keys
from controller.broker.pki import ZoneCa
from controller.services.alert_rules import PATIENCE_S, NoticeKind
from controller.services.alert_words import Notice
from controller.services.alerts import Alerts, NotTold
from controller.services.terminal_words import Word
from controller.store.sites import OFFICE, Site
from controller.store.terminals import keep_terminal
from devices.clock import CHINA
from devices.wire.messages import DeviceState, Fault, Report, StateMessage
from tests.support.zone import TestClock, Zone, open_zone
from tests.support.zone_ca import terminal_of, wall_now
from tests.unit.test_pages_desk import HTML, enter

PAGES = (
    "/desk/terminals",
    "/desk/terminals/map",
    "/desk/terminals/alerts",
    "/desk/terminals/at/hall-1",
)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=CHINA)


@dataclass
class FakeChannel:
    """Remembers what it told; `is_away` is a mail server that does not answer."""

    said: list[Notice] = field(default_factory=list)
    is_away: bool = False
    tries: int = 0

    async def tell(self, notice: Notice) -> None:
        self.tries += 1
        if self.is_away:
            raise NotTold("away")
        self.said.append(notice)


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone", clock=TestClock(MONDAY)) as opened:
        await opened.staff()
        await enrol(opened, "hall-1", "hall-2")
        yield opened


async def enrol(zone: Zone, *names: str) -> None:
    ca = ZoneCa.open_or_create(zone.app[keys.CONFIG].state / "ca", zone="test", now=wall_now())
    async with zone.app[keys.DATABASE].write() as c:
        for name in names:
            issued = ca.issue_device(name, now=wall_now())
            await keep_terminal(c, terminal_of(issued, name, feeds=("gov/519900",)))


async def says(zone: Zone, name: str, *faults: Fault) -> None:
    terminals = zone.app[keys.TERMINALS]
    terminals.link_is(up=True)
    report = Report(1, {}, faults=faults)
    await terminals.said([Word(name, StateMessage(DeviceState.READY, "b", 1)), Word(name, report)])


def alerts_of(zone: Zone, *channels: FakeChannel) -> Alerts:
    return Alerts(
        database=zone.app[keys.DATABASE],
        terminals=zone.app[keys.TERMINALS],
        audit=zone.app[keys.AUDIT],
        channels=channels,
        clock=zone.app[keys.CLOCK],
        desk="https://zone.example",
    )


def wait(zone: Zone, seconds: int) -> None:
    clock = zone.app[keys.CLOCK]
    assert isinstance(clock, TestClock)
    clock.forward(seconds=seconds)


@pytest.mark.parametrize("login", ["admin", "drafter", "approver", "officer", "auditor"])
async def test_everybody_at_the_desk_sees_the_fleet(zone: Zone, login: str) -> None:
    await enter(zone, login)

    assert [(await zone.client.get(one, headers=HTML)).status for one in PAGES] == [200] * 4


@pytest.mark.parametrize("page", PAGES)
async def test_a_visitor_sees_nothing_of_it(zone: Zone, page: str) -> None:
    zone.client.session.cookie_jar.clear()

    answer = await zone.client.get(page, headers=HTML, allow_redirects=False)

    assert answer.status == 303


@pytest.mark.parametrize("login", ["drafter", "approver", "officer", "auditor"])
async def test_only_an_administrator_places_sites_and_snoozes(zone: Zone, login: str) -> None:
    csrf = await enter(zone, login)

    placed = await zone.client.post("/desk/terminals/map", data={"csrf": csrf, "name": "一号大厅"})
    snoozed = await zone.client.post("/desk/terminals/alerts/1", data={"csrf": csrf, "hours": "4"})

    assert (placed.status, snoozed.status) == (403, 403)
    assert await zone.app[keys.ALERTS].sites() == {}


async def test_a_form_without_the_token_changes_nothing(zone: Zone) -> None:
    await enter(zone, "admin")

    answer = await zone.client.post("/desk/terminals/map", data={"name": "一号大厅"})

    assert answer.status == 403
    assert await zone.app[keys.ALERTS].sites() == {}


async def test_a_site_is_placed_and_then_drawn(zone: Zone) -> None:
    csrf = await enter(zone, "admin")
    before = await (await zone.client.get("/desk/terminals/map", headers=HTML)).text()
    hours = {f"opens-{day}": "08:30" for day in range(5)} | {
        f"closes-{day}": "17:30" for day in range(5)
    }
    form = {
        "csrf": csrf,
        "name": "一号大厅",
        "longitude": "106.0832",
        "latitude": "30.8005",
        **hours,
    }

    after = await zone.client.post("/desk/terminals/map", data=form, headers=HTML)

    assert "fleet-map" not in before
    assert "还有 1 个场所没有位置" in before
    text = await after.text()
    assert "fleet-map" in text
    assert "2 台终端，2 台需要处理" in text
    site = (await zone.app[keys.ALERTS].sites())["一号大厅"]
    assert site == Site("一号大厅", 106.0832, 30.8005, (*((510, 1050),) * 5, (0, 0), (0, 0)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"longitude": "181"},
        {"latitude": "abc"},
        {"longitude": "nan"},
        {"opens-0": "9", "closes-0": "17:00"},
        {"opens-0": "17:00", "closes-0": "09:00"},
        {"opens-0": "09:00"},
        {"opens-0": "09:61", "closes-0": "17:00"},
        {"opens-0": "²:00", "closes-0": "17:00"},
    ],
)
async def test_a_place_that_cannot_be_is_answered_with_how_to_write_it(
    zone: Zone, wrong: dict[str, str]
) -> None:
    csrf = await enter(zone, "admin")

    answer = await zone.client.post(
        "/desk/terminals/map", data={"csrf": csrf, "name": "一号大厅", **wrong}, headers=HTML
    )

    assert answer.status == 422
    assert "例如" in (text := await answer.text()) or "格式" in text
    assert await zone.app[keys.ALERTS].sites() == {}


async def test_one_terminal_shows_what_is_the_matter_and_its_last_days(zone: Zone) -> None:
    await says(zone, "hall-1", Fault("printer:paper_out", "printer", "请装入新纸卷。", 1))
    wait(zone, 3600)
    await enter(zone, "auditor")

    text = await (await zone.client.get("/desk/terminals/at/hall-1", headers=HTML)).text()

    assert "小票打印机缺纸。" in text
    assert "请装入新纸卷。" in text
    assert 'class="health-faulty"' in text
    assert 'class="health-unknown"' in text
    assert "上线" in text


async def test_a_terminal_that_does_not_exist_is_said_to_be_so(zone: Zone) -> None:
    await enter(zone, "auditor")

    answer = await zone.client.get("/desk/terminals/at/nowhere", headers=HTML)

    assert answer.status == 404


async def test_the_list_finds_by_word_and_shows_only_the_ill(zone: Zone) -> None:
    await enrol(zone, *(f"village-{number:03}" for number in range(60)))
    await enter(zone, "drafter")

    async def shown(query: str) -> int:
        page = await zone.client.get(f"/desk/terminals{query}", headers=HTML)
        return (await page.text()).count('class="terminal"')

    assert await shown("") == 50
    assert await shown("?offset=50") == 12
    assert await shown("?q=HALL") == 2
    assert await shown("?q=village+-05") == 10
    assert await shown("?q=nothing") == 0


async def test_hostile_names_are_drawn_as_text(zone: Zone) -> None:
    csrf = await enter(zone, "admin")
    evil = "<script>alert(1)</script>\"'{{7*7}}"
    await zone.client.post("/desk/terminals/map", data={"csrf": csrf, "name": evil})

    page = await zone.client.get(
        "/desk/terminals/map", params={"site": evil, "q": evil}, headers=HTML
    )

    text = await page.text()
    assert "<script>alert" not in text
    assert "49" not in text.partition("alert(1)")[2][:40]


async def told(zone: Zone, channel: FakeChannel, *, rounds: Sequence[int]) -> list[NoticeKind]:
    alerts = alerts_of(zone, channel)
    for seconds in rounds:
        wait(zone, seconds)
        await alerts.look()
    return [one.kind for one in channel.said]


async def test_a_fault_is_told_once_and_its_end_once(zone: Zone) -> None:
    channel = FakeChannel()
    fault = Fault("printer:paper_out", "printer", "请装纸。", 1)
    await says(zone, "hall-1", fault)
    await says(zone, "hall-2", fault)

    assert await told(zone, channel, rounds=(0, PATIENCE_S - 1)) == []
    for name in ("hall-1", "hall-2"):
        await says(zone, name, fault)
    assert await told(zone, channel, rounds=(1, 60, 60)) == [NoticeKind.TROUBLE]
    assert "2 台终端异常" in channel.said[0].subject


async def test_a_mail_server_that_is_away_is_tried_again_until_it_has_heard(zone: Zone) -> None:
    channel = FakeChannel(is_away=True)
    await says(zone, "hall-1", Fault("disk:full", "", "请清理磁盘。", 1))
    assert await told(zone, channel, rounds=(0, PATIENCE_S, 60)) == []
    assert channel.tries == 2

    channel.is_away = False

    assert await told(zone, channel, rounds=(60, 60)) == [NoticeKind.TROUBLE]


async def test_a_snooze_is_kept_and_audited(zone: Zone) -> None:
    channel = FakeChannel()
    await says(zone, "hall-1", Fault("disk:full", "", "请清理磁盘。", 1))
    await told(zone, channel, rounds=(0,))
    (alert,) = (await zone.app[keys.ALERTS].board()).open
    csrf = await enter(zone, "admin")

    answer = await zone.client.post(
        f"/desk/terminals/alerts/{alert.id}", data={"csrf": csrf, "hours": "4"}, headers=HTML
    )

    assert "暂停提醒到" in await answer.text()
    assert await told(zone, channel, rounds=(PATIENCE_S, 3600)) == []
    rows = await zone.app[keys.AUDIT].list(zone.people["auditor"], limit=5)
    assert "alert_snoozed" in [row.act for row in rows]


async def test_a_site_that_is_open_at_other_hours_is_judged_by_them(zone: Zone) -> None:
    channel = FakeChannel()
    closed = ((0, 0), *OFFICE[1:])
    await zone.app[keys.ALERTS].place(zone.people["admin"], Site("一号大厅", hours=closed))
    await says(zone, "hall-1", Fault("disk:full", "", "请清理磁盘。", 1))

    assert await told(zone, channel, rounds=(0, PATIENCE_S)) == []
