"""Rollouts in waves over a whole controller: from the plan to each terminal's wish and back, over restarts."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from content.errors import CallerError
from controller import keys
from controller.auth.permissions import Forbidden
from controller.auth.roles import Role
from controller.lifespan import add_services, open_store
from controller.services.rollout_facts import Facts
from controller.services.rollout_waves import by_share
from controller.services.rollouts import RolloutDraft, Rollouts
from controller.services.terminal_words import Word
from controller.services.terminals import Terminals
from controller.store.database import Database
from controller.store.jobs import KeptWant
from controller.store.people import Person
from controller.store.rollouts import Gate, Phase, RolloutKind, Step
from controller.store.terminals import Terminal, keep_terminal
from devices.wire.messages import DeviceState, Fault, FeedMark, GlassMark, Report, StateMessage
from tests.support.zone import CHEAP, TestClock, Zone, zone_config
from tests.unit.test_pages_fleet import MONDAY

FLEET = tuple(f"hall-{n}" for n in range(1, 11))
FEED = "gov/519900"
GATE = Gate(success_percent=90, error_percent=20, soak_s=600, patience_s=3600)


@dataclass
class Room:
    """A zone with ten terminals that say what the test wants them to, and its rollouts, stepped by the test."""

    zone: Zone
    rollouts: Rollouts
    admin: Person
    clock: TestClock

    async def hear(self, *devices: str, faults: tuple[Fault, ...] = ()) -> None:
        """Let terminals follow their wish and all content, and say so."""
        terminals = self.zone.app[keys.TERMINALS]
        sequences = await self.zone.app[keys.FEED_LOG].sequences()
        applied = {feed: FeedMark(*mark) for feed, mark in sequences.items()}
        shown = {feed: mark.sequence for feed, mark in applied.items()}
        glass = tuple(GlassMark(ui, shown) for ui in ("kiosk", "signage-1"))
        for device in devices:
            want = await self.want(device)
            version = want.version if want else 0
            said = Report(1, applied, glass=glass, faults=faults, want=version)
            await terminals.said([Word(device, StateMessage(DeviceState.READY, "b", 1))])
            await terminals.said([Word(device, said)])
            await self.zone.app[keys.JOBS].wants.follows(device, version)

    async def want(self, device: str) -> KeptWant | None:
        return await self.zone.app[keys.JOBS].wants.of(device)

    async def settings(self) -> list[str]:
        wants = [await self.want(one) for one in FLEET]
        return [one.settings.get("volume", "") if one else "" for one in wants]

    async def step(self, **span: float) -> None:
        self.clock.forward(**span)
        await self.rollouts.step()

    async def begin(self, **changes: object) -> str:
        terminals = await self.zone.app[keys.TERMINALS].enrolled()
        members = by_share(terminals, first={"hall-1"}, percents=(50, 100))
        draft = {
            "kind": RolloutKind.CONFIGURATION,
            "title": "音量统一调低",
            "members": members,
            "gate": GATE,
            "settings": {"volume": "30"},
            **changes,
        }
        return (await self.rollouts.create(self.admin, RolloutDraft(**draft))).id  # type: ignore[arg-type]

    async def wave(self, rollout: str, number: int) -> list[str]:
        _, members = await self.rollouts.get(rollout)
        return [one.member.device for one in members if one.member.wave == number]

    async def phase(self, rollout: str) -> Phase:
        return (await self.rollouts.get(rollout))[0].standing.phase


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    clock = TestClock(MONDAY)
    app = web.Application()
    app[keys.CONFIG], app[keys.CLOCK], app[keys.HASHER] = zone_config(tmp_path), clock, CHEAP
    database = Database(app[keys.CONFIG].database_url)
    keyring = await open_store(app[keys.CONFIG], database)
    add_services(app, database=database, keyring=keyring, clock=clock)
    app[keys.TERMINALS] = Terminals(
        database=database, desired=app[keys.FEED_LOG], events=app[keys.EVENTS], clock=clock
    )
    # No listeners and no timers of its own: the tests step.
    zone = Zone(app)
    await zone.staff()
    async with database.write() as c:
        for name in FLEET:
            await keep_terminal(c, enrolled(name))
    app[keys.TERMINALS].link_is(up=True)
    yield Room(zone, rollouts_of(zone), zone.people["admin"], clock)
    await database.close()


def enrolled(name: str) -> Terminal:
    """Return a terminal whose certificate nobody looks at here."""
    return Terminal(
        id=name,
        site="一号大厅",
        region="519900",
        attended=True,
        feeds=(FEED,),
        screens=("kiosk", "signage-1"),
        certificate="",
        fingerprint=name,
        serial=name,
        enrolled_at=0,
    )


def rollouts_of(zone: Zone) -> Rollouts:
    app = zone.app
    return Rollouts(
        database=app[keys.DATABASE],
        facts=Facts(terminals=app[keys.TERMINALS]),
        wants=app[keys.JOBS].wants,
        audit=app[keys.AUDIT],
        events=app[keys.EVENTS],
        clock=app[keys.CLOCK],
    )


async def test_a_setting_reaches_wave_after_wave(room: Room) -> None:
    await room.hear(*FLEET)
    rollout = await room.begin()
    await room.step()
    assert sorted(await room.settings()) == [*[""] * 9, "30"]

    for number, told in ((0, 1), (1, 6), (2, 10)):
        await room.step()
        assert (await room.settings()).count("30") == told
        await room.hear(*FLEET)
        await room.step(seconds=1)
        await room.hear(*FLEET)
        await room.step(seconds=600)
        assert (await room.rollouts.get(rollout))[0].standing.wave == min(number + 1, 2)

    assert await room.phase(rollout) is Phase.DONE


async def test_errors_lead_everybody_back_to_what_they_had(room: Room) -> None:
    jobs = room.zone.app[keys.JOBS]
    await jobs.wants.wish("system", "hall-1", settings={"volume": "70", "poll_s": "30"})
    await room.hear(*FLEET)
    rollout = await room.begin(gate=Gate(90, 20, soak_s=1, patience_s=3600))
    await room.step()
    await room.hear("hall-1")
    await room.step(seconds=1)
    await room.step(seconds=1)
    await room.step()
    second = await room.wave(rollout, 1)
    await room.hear(*FLEET)
    await room.hear(*second[:2], faults=(Fault("wish_failed:no_program", "volume", "音量", 1),))

    await room.step(seconds=5)
    await room.step()

    assert await room.phase(rollout) is Phase.ROLLING_BACK
    assert (await room.settings()).count("30") == 0
    first = await room.want("hall-1")
    assert first is not None
    assert first.settings == {"volume": "70", "poll_s": "30"}
    await room.hear(*FLEET)
    await room.step(seconds=5)
    await room.step()
    assert await room.phase(rollout) is Phase.ROLLED_BACK
    acts = [one.act for one in await room.zone.app[keys.AUDIT].list(room.zone.people["auditor"])]
    assert acts[:2] == ["rollout_was_undone", "rollout_undone"]


async def test_a_controller_that_starts_anew_goes_on_where_the_other_was(room: Room) -> None:
    await room.hear(*FLEET)
    rollout = await room.begin()
    await room.step()
    await room.hear(*FLEET)
    await room.step(seconds=1)

    room.rollouts = rollouts_of(room.zone)
    await room.hear(*FLEET)
    await room.step(seconds=600)
    await room.step()

    assert (await room.settings()).count("30") == 6
    assert (await room.rollouts.get(rollout))[0].standing.wave == 1


async def test_a_controller_without_a_broker_leads_nobody_back(room: Room) -> None:
    await room.hear(*FLEET)
    rollout = await room.begin()
    await room.step()
    await room.hear(*FLEET)
    await room.step(seconds=1)

    room.zone.app[keys.TERMINALS].link_is(up=False)
    await room.step(minutes=30)
    room.zone.app[keys.TERMINALS].link_is(up=True)
    await room.step()

    assert await room.phase(rollout) is Phase.RUNNING


async def test_a_person_halts_goes_on_and_leads_back(room: Room) -> None:
    await room.hear(*FLEET)
    rollout = await room.begin()
    await room.step()
    await room.rollouts.halt(room.admin, rollout)
    await room.hear(*FLEET)
    await room.step(hours=2)
    assert (await room.settings()).count("30") == 1
    with pytest.raises(CallerError, match="状态已经改变"):
        await room.rollouts.halt(room.admin, rollout)

    await room.rollouts.go_on(room.admin, rollout)
    await room.rollouts.roll_back(room.admin, rollout)
    await room.step()
    assert (await room.settings()).count("30") == 0
    with pytest.raises(CallerError, match="状态已经改变"):
        await room.rollouts.go_on(room.admin, rollout)


async def test_only_an_administrator_rolls_anything_out(room: Room) -> None:
    drafter = room.zone.people["drafter"]
    rollout = await room.begin()

    for act in (room.rollouts.halt, room.rollouts.go_on, room.rollouts.roll_back):
        with pytest.raises(Forbidden):
            await act(drafter, rollout)
    with pytest.raises(Forbidden):
        await room.rollouts.close(drafter, rollout)
    room.admin = drafter
    with pytest.raises(Forbidden):
        await room.begin()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": " "}, "名称"),
        ({"settings": {}}, "要下发的内容"),
        ({"settings": {"volume": "400"}}, "volume"),
        ({"settings": {"root": "x"}}, "root"),
        ({"settings": {"printer_model": "unheard-of"}}, "printer_model"),
        ({"gate": Gate(success_percent=0)}, "成功比例"),
    ],
)
async def test_a_plan_that_cannot_be_followed_is_refused(
    room: Room, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(CallerError, match=sentence):
        await room.begin(**changes)


async def test_one_rollout_of_a_kind_at_a_time(room: Room) -> None:
    await room.begin()

    with pytest.raises(CallerError, match="另一次"):
        await room.begin(title="另一次")


async def withheld(room: Room) -> list[str]:
    wants = {one: await room.want(one) for one in FLEET}
    return [one for one, want in wants.items() if want and want.withheld]


async def test_content_is_kept_back_until_its_wave_has_come(room: Room) -> None:
    submitted = await room.zone.submitted()
    rollout = await room.begin(
        kind=RolloutKind.CONTENT, settings={}, records=(submitted.id,), gate=GATE
    )
    assert await withheld(room) == [one for one in FLEET if one != "hall-1"]
    await room.hear(*FLEET)
    await room.step(hours=5)
    assert await room.phase(rollout) is Phase.RUNNING

    await room.zone.sign("approver", submitted.id)
    await room.hear(*FLEET)
    await room.step(seconds=1)
    await room.step(seconds=600)
    await room.step()
    assert len(await withheld(room)) == 4
    for _ in range(3):
        await room.hear(*FLEET)
        await room.step(seconds=1)
        room.clock.forward(seconds=600)
        await room.hear(*FLEET)
        await room.step()

    assert await withheld(room) == []
    assert await room.phase(rollout) is Phase.DONE


async def test_content_that_goes_wrong_is_shown_nowhere_until_a_person_lets_it(room: Room) -> None:
    submitted = await room.zone.submitted()
    rollout = await room.begin(kind=RolloutKind.CONTENT, settings={}, records=(submitted.id,))
    await room.zone.sign("approver", submitted.id)
    await room.hear(*FLEET)
    await room.step()
    await room.hear("hall-1", faults=(Fault("screen_missing", "kiosk", "屏幕没有画面", 1),))

    await room.step(seconds=5)
    await room.step()

    assert await withheld(room) == list(FLEET)
    await room.hear(*FLEET)
    await room.step(seconds=5)
    await room.step()
    assert await room.phase(rollout) is Phase.ROLLED_BACK
    await room.rollouts.close(room.admin, rollout)
    assert await withheld(room) == []
    assert await room.phase(rollout) is Phase.CLOSED


async def test_what_is_public_already_cannot_be_hidden_by_a_rollout(room: Room) -> None:
    published = await room.zone.published()

    with pytest.raises(CallerError, match="请办理撤回"):
        await room.begin(kind=RolloutKind.CONTENT, settings={}, records=(published.id,))
    assert await withheld(room) == []


async def test_each_terminal_remembers_what_it_was(room: Room) -> None:
    await room.hear(*FLEET)
    rollout = await room.begin()
    await room.step()

    _, members = await room.rollouts.get(rollout)
    first = next(one for one in members if one.member.device == "hall-1")

    assert first.member.step is Step.TOLD
    assert first.before == {"volume": None}
    assert Role.ADMINISTRATOR in room.admin.roles
