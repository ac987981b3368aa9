"""An emergency notice: drafted by one, signed by two others of its own group, gone at its end or when cancelled."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from content.errors import CallerError
from content.feed.body import body_bytes, read_body
from content.feed.entry import line_from_bytes
from content.feed.statement import Action, Approval
from content.feed.verify import check_entry
from content.programme.emergency import EmergencyNotice, Level
from controller import keys
from controller.auth.permissions import Forbidden
from controller.auth.roles import Role
from controller.services.emergencies import BadNotice, Draft, NotNow, Standing
from controller.services.publishing import Outcome, StaleApproval, UnknownKey
from controller.store.emergencies import EmergencyState
from tests.support.signers import Signer
from tests.support.zone import REGION, TestClock, Zone, open_zone

FEED = f"emergency/{REGION}"
FLOOD = Draft("山洪红色预警", "未来三小时山洪风险极高。", "请远离河道。", "县防汛指挥部", hours=6)


class Wardens:
    """A zone with an emergency group, and shortcuts."""

    def __init__(self, zone: Zone, clock: TestClock) -> None:
        self.zone = zone
        self.clock = clock
        self.service = zone.app[keys.EMERGENCIES]

    async def draft(self, draft: Draft = FLOOD, by: str = "drafter") -> str:
        return (await self.service.draft(self.zone.people[by], draft)).id

    async def sign(
        self, login: str, wanted: str, action: Action = Action.PUT, *, signer: Signer | None = None
    ) -> Outcome:
        person = self.zone.people[login]
        offer = await self.service.offer(person, wanted, action)
        approval = (signer or self.zone.signers[login]).sign(offer.statement.signed_bytes())
        return await self.service.sign(person, wanted, approval, action=action)

    async def standing(self, wanted: str) -> Standing:
        return await self.service.get(self.zone.people["auditor"], wanted)

    async def log(self) -> list[tuple[str, int]]:
        lines = await self.zone.app[keys.FEED_LOG].page(FEED, 1)
        said = [line_from_bytes(line).entry.statement for line in lines]
        return [(str(one.action), one.version) for one in said]


@pytest.fixture
async def wardens(tmp_path: Path) -> AsyncIterator[Wardens]:
    clock = TestClock()
    async with open_zone(tmp_path / "zone", clock=clock) as zone:
        await zone.staff()
        for login in ("first", "other", "third"):
            await zone.add(login, Role.EMERGENCY, Role.APPROVER)
        await zone.sign_policy()
        yield Wardens(zone, clock)


async def test_two_of_the_group_publish_it_in_the_moment_of_the_second(wardens: Wardens) -> None:
    wanted = await wardens.draft()

    first = await wardens.sign("first", wanted)
    waiting = await wardens.standing(wanted)
    second = await wardens.sign("other", wanted)

    assert (first.published, first.still_needed) == (False, 1)
    assert (waiting.signed, waiting.needed, waiting.signed_by) == (1, 2, ("职员first",))
    assert second.published
    (line,) = await wardens.zone.app[keys.FEED_LOG].page(FEED, 1)
    entry = line_from_bytes(line).entry
    policy = await wardens.zone.app[keys.POLICIES].current()
    assert policy is not None
    assert check_entry(entry, policy=policy.policy)
    assert entry.statement.expires == entry.statement.approved_on + 6 * 3600


async def test_the_same_person_counts_once(wardens: Wardens) -> None:
    wanted = await wardens.draft()
    await wardens.sign("first", wanted)

    again = await wardens.sign("first", wanted)

    assert (again.published, again.still_needed) == (False, 1)
    assert await wardens.log() == []


async def test_who_drafted_it_does_not_sign_it(wardens: Wardens) -> None:
    wanted = await wardens.draft(by="first")

    with pytest.raises(NotNow, match="不能由您本人签发"):
        await wardens.sign("first", wanted)


async def test_an_approver_of_documents_signs_no_emergency(wardens: Wardens) -> None:
    wanted = await wardens.draft()

    with pytest.raises(Forbidden, match="应急签发"):
        await wardens.sign("approver", wanted)


async def test_a_key_outside_the_policy_does_not_count(wardens: Wardens) -> None:
    await wardens.zone.add("late", Role.EMERGENCY, Role.APPROVER)
    wanted = await wardens.draft()

    with pytest.raises(UnknownKey):
        await wardens.sign("late", wanted)
    with pytest.raises(UnknownKey):
        await wardens.sign("first", wanted, signer=wardens.zone.signers["other"])


async def test_a_change_voids_what_was_signed(wardens: Wardens) -> None:
    wanted = await wardens.draft()
    person, service = wardens.zone.people["first"], wardens.service
    old = await service.offer(person, wanted, Action.PUT)
    await wardens.sign("first", wanted)

    await service.edit(wardens.zone.people["drafter"], wanted, replace(FLOOD, text="改为别的话。"))

    assert (await wardens.standing(wanted)).signed == 0
    stale: Approval = wardens.zone.signers["other"].sign(old.statement.signed_bytes())
    with pytest.raises(StaleApproval):
        await service.sign(wardens.zone.people["other"], wanted, stale, action=Action.PUT)
    assert (await wardens.sign("other", wanted)).still_needed == 1


async def test_two_cancel_it(wardens: Wardens) -> None:
    wanted = await wardens.draft()
    await wardens.sign("first", wanted)
    await wardens.sign("other", wanted)

    half = await wardens.sign("third", wanted, Action.DELETE)
    assert (await wardens.standing(wanted)).emergency.state is EmergencyState.PUBLISHED
    done = await wardens.sign("other", wanted, Action.DELETE)

    assert (half.published, done.published) == (False, True)
    assert await wardens.log() == [("put", 1), ("delete", 2)]
    assert (await wardens.standing(wanted)).emergency.state is EmergencyState.CANCELLED


async def test_what_is_public_is_not_changed(wardens: Wardens) -> None:
    wanted = await wardens.draft()
    await wardens.sign("first", wanted)
    await wardens.sign("other", wanted)

    with pytest.raises(NotNow, match="撤销"):
        await wardens.service.edit(wardens.zone.people["drafter"], wanted, FLOOD)
    with pytest.raises(NotNow):
        await wardens.sign("third", wanted)


async def test_after_its_time_nobody_signs_it(wardens: Wardens) -> None:
    wanted = await wardens.draft()
    await wardens.sign("first", wanted)
    wardens.clock.forward(hours=6)

    with pytest.raises(NotNow, match="有效时间已过"):
        await wardens.sign("other", wanted)
    assert (await wardens.standing(wanted)).is_over
    assert await wardens.log() == []


@pytest.mark.parametrize(
    "draft",
    [
        replace(FLOOD, title=" "),
        replace(FLOOD, title="长" * 31),
        replace(FLOOD, text="长" * 201),
        replace(FLOOD, hours=0),
        replace(FLOOD, hours=73),
        replace(FLOOD, regions=("440000",)),
        replace(FLOOD, issuer=""),
    ],
)
async def test_what_no_screen_can_show_is_refused_in_words(wardens: Wardens, draft: Draft) -> None:
    with pytest.raises(BadNotice) as refused:
        await wardens.draft(draft)
    assert str(refused.value).endswith("。")


async def test_a_region_that_is_none_is_refused(wardens: Wardens) -> None:
    with pytest.raises(CallerError):
        await wardens.draft(replace(FLOOD, regions=("北村",)))


async def test_a_zone_whose_policy_knows_no_emergencies_says_what_to_do(tmp_path: Path) -> None:
    async with open_zone(tmp_path / "zone") as zone:
        await zone.staff()
        held = await zone.app[keys.POLICIES].current()
        assert held is not None
        rules = [rule for rule in held.policy.feeds if rule.pattern == "emergency/*"]

        assert [(rule.threshold, rule.approvers, rule.kinds) for rule in rules] == [
            (2, (), ("emergency",))
        ]


def test_a_notice_reads_back_as_it_was_written() -> None:
    notice = EmergencyNotice("E000000001", "甲", "乙", "", "丙", Level.BLUE, ("519900001",))

    assert read_body(body_bytes(notice)) == notice
