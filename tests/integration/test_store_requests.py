"""Requests: numbers without gaps, the right due date, nothing readable at rest, every reading noted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from content.errors import NotFound
from content.requests.form import ApplicantKind, DeliveryWay, RequestForm, SupplyForm
from content.requests.states import RequestEvent, RequestState, WrongStep
from controller import keys
from controller.auth.permissions import Forbidden
from controller.services.requests import FiledRequest
from tests.support.zone import TestClock, Zone, open_zone

FORM = RequestForm(
    kind=ApplicantKind.PERSON,
    name="测试申请人甲",
    id_number="TESTIDNUMBER000042",
    phone="TESTPHONE42",
    body="示范县民政局",
    description="2025年城乡低保标准测算依据",
    supply=SupplyForm.PAPER,
    delivery=DeliveryWay.PICK_UP,
)
AT = datetime(2026, 9, 10, 2, 0, tzinfo=UTC)


def _filed(code: str = "7KQ2M9XD4F", *, attended: bool = True) -> FiledRequest:
    return FiledRequest(code, FORM, AT, attended, "hall-1")


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path, clock=TestClock(AT)) as opened:
        await opened.staff()
        yield opened


async def _register(zone: Zone, filed: FiledRequest) -> str:
    async with zone.app[keys.DATABASE].write() as c:
        return await zone.app[keys.REQUESTS].register(c, filed, zone.app[keys.CLOCK].now())


async def test_a_request_handed_in_before_staff_is_due_after_20_working_days(zone: Zone) -> None:
    number = await _register(zone, _filed())

    state = await zone.app[keys.REQUESTS].public_state("7KQ2M9XD4F")

    assert number == "依申请〔2026〕0001号"
    assert state.state is RequestState.REGISTERED
    # domain.md A5: received 2026-09-10, holidays and make-up workdays of the National Day counted.
    assert (state.received_on, state.due_on) == (date(2026, 9, 10), date(2026, 10, 14))
    assert not state.provisional


async def test_an_online_request_is_received_when_it_is_confirmed(zone: Zone) -> None:
    desk, officer = zone.app[keys.REQUESTS], zone.people["officer"]
    clock = zone.app[keys.CLOCK]
    number = await _register(zone, _filed(attended=False))
    before = await desk.public_state("7KQ2M9XD4F")
    assert isinstance(clock, TestClock)
    clock.forward(days=4)

    row = await desk.confirm(officer, number, note="已电话联系本人")

    assert (before.state, before.received_on, before.due_on) == (
        RequestState.AWAITING_CONFIRMATION,
        None,
        None,
    )
    assert (row.state, row.received_on) == (RequestState.REGISTERED, date(2026, 9, 14))
    with pytest.raises(WrongStep):
        await desk.confirm(officer, number)
    step = (await desk.read(officer, number)).history[-1]
    assert (step.act, step.note, step.due_before) == ("confirmed", "已电话联系本人", None)
    assert step.due_after == row.due_on


async def test_a_due_date_in_a_year_without_holidays_announced_is_provisional(zone: Zone) -> None:
    clock = zone.app[keys.CLOCK]
    assert isinstance(clock, TestClock)
    clock.at = datetime(2026, 12, 21, 2, 0, tzinfo=UTC)
    filed = FiledRequest("ABCDEFGH12", FORM, clock.at, attended=True, terminal="hall-1")
    await _register(zone, filed)

    assert (await zone.app[keys.REQUESTS].public_state("ABCDEFGH12")).provisional


async def test_numbers_have_no_gap_after_a_rollback(zone: Zone) -> None:
    desk, database = zone.app[keys.REQUESTS], zone.app[keys.DATABASE]
    await _register(zone, _filed("AAAAAAAAAA"))

    async def fail_after_registering() -> None:
        async with database.write() as c:
            await desk.register(c, _filed("BBBBBBBBBB"), AT)
            raise RuntimeError("the ledger failed")

    with pytest.raises(RuntimeError):
        await fail_after_registering()

    assert await _register(zone, _filed("CCCCCCCCCC")) == "依申请〔2026〕0002号"
    with pytest.raises(NotFound):
        await desk.public_state("BBBBBBBBBB")


async def test_the_same_code_gets_the_same_number(zone: Zone) -> None:
    numbers = await asyncio.gather(*(_register(zone, _filed()) for _ in range(5)))

    assert set(numbers) == {"依申请〔2026〕0001号"}


async def test_numbers_begin_anew_each_year_of_our_own_time_zone(zone: Zone) -> None:
    await _register(zone, _filed("AAAAAAAAAA"))
    clock = zone.app[keys.CLOCK]
    assert isinstance(clock, TestClock)
    clock.at = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # 00:30 of the new year in China

    assert await _register(zone, _filed("BBBBBBBBBB")) == "依申请〔2027〕0001号"


async def test_nothing_of_the_applicant_can_be_read_in_the_files(
    zone: Zone, tmp_path: Path
) -> None:
    desk, officer = zone.app[keys.REQUESTS], zone.people["officer"]
    number = await _register(zone, _filed(attended=False))
    await desk.confirm(officer, number, note="已联系测试申请人甲")

    kept = await asyncio.to_thread(_files, tmp_path)

    for secret in (FORM.name, FORM.id_number, FORM.description, FORM.phone):
        assert secret.encode() not in kept


def _files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("zone.db*"))


async def test_only_officers_read_a_request_and_each_reading_is_noted(zone: Zone) -> None:
    desk = zone.app[keys.REQUESTS]
    number = await _register(zone, _filed())
    for login in ("admin", "drafter", "approver", "auditor"):
        with pytest.raises(Forbidden):
            await desk.read(zone.people[login], number)

    detail = await desk.read(zone.people["officer"], number)

    assert detail.form == FORM
    rows = await zone.app[keys.AUDIT].list(zone.people["auditor"], subject=number)
    assert [(row.act, row.actor) for row in rows] == [("request_read", zone.people["officer"].id)]


async def test_the_list_counts_down_working_days_and_goes_below_zero(zone: Zone) -> None:
    desk, officer = zone.app[keys.REQUESTS], zone.people["officer"]
    await _register(zone, _filed())
    clock = zone.app[keys.CLOCK]
    assert isinstance(clock, TestClock)

    days = []
    for at in (AT, datetime(2026, 10, 14, 2, tzinfo=UTC), datetime(2026, 10, 16, 2, tzinfo=UTC)):
        clock.at = at
        (row,) = await desk.list(officer)
        days.append(row.days_left)

    assert days == [20, 0, -2]


async def test_the_list_begins_with_the_most_overdue_and_ends_with_what_is_settled(
    zone: Zone,
) -> None:
    desk, officer = zone.app[keys.REQUESTS], zone.people["officer"]
    clock = zone.app[keys.CLOCK]
    assert isinstance(clock, TestClock)
    settled = await _register(zone, _filed("AAAAAAAAAA"))
    for event in (RequestEvent.START_REVIEW, RequestEvent.ACCEPT, RequestEvent.WITHDRAW):
        await desk.move(officer, settled, event=event)
    waiting = await _register(zone, _filed("BBBBBBBBBB", attended=False))
    oldest = await _register(zone, _filed("CCCCCCCCCC"))
    confirmed = await _register(zone, _filed("DDDDDDDDDD", attended=False))
    clock.forward(days=40)
    await desk.confirm(officer, confirmed)
    newest = await _register(zone, FiledRequest("EEEEEEEEEE", FORM, clock.now(), True, "hall-1"))

    rows = await desk.list(officer)
    pages = [await desk.list(officer, limit=2, offset=offset) for offset in (0, 2, 4)]

    order = [row.number for row in rows]
    assert order == [oldest, confirmed, newest, waiting, settled]
    assert [row.number for page in pages for row in page] == order
    assert [row.days_left is None for row in rows] == [False, False, False, True, True]


async def test_what_is_due_soon_is_counted_beyond_any_page(zone: Zone) -> None:
    desk, officer = zone.app[keys.REQUESTS], zone.people["officer"]
    clock = zone.app[keys.CLOCK]
    assert isinstance(clock, TestClock)
    for at in range(230):
        await _register(zone, _filed(f"{at:010d}"))

    found = []
    for day, within in ((9, 3), (9, 4), (14, 0), (16, 0)):
        clock.at = datetime(2026, 10, day, 2, tzinfo=UTC)
        found.append(await desk.count_due(officer, within=within))

    # Received on 10 September, due on 14 October; Saturday the 10th is a make-up workday.
    assert found == [0, 230, 230, 230]


async def test_steps_that_would_bend_the_due_date_unseen_are_refused(zone: Zone) -> None:
    desk, officer = zone.app[keys.REQUESTS], zone.people["officer"]
    number = await _register(zone, _filed())
    for event in (RequestEvent.START_REVIEW, RequestEvent.ACCEPT):
        await desk.move(officer, number, event=event)

    with pytest.raises(WrongStep, match="期限"):
        await desk.move(officer, number, event=RequestEvent.CONSULT)


async def test_a_correction_starts_the_term_anew(zone: Zone) -> None:
    desk, officer = zone.app[keys.REQUESTS], zone.people["officer"]
    number = await _register(zone, _filed())
    clock = zone.app[keys.CLOCK]
    assert isinstance(clock, TestClock)
    for event in (RequestEvent.START_REVIEW, RequestEvent.ASK_CORRECTION):
        await desk.move(officer, number, event=event)
    clock.at = datetime(2026, 10, 14, 2, tzinfo=UTC)

    row = await desk.move(officer, number, event=RequestEvent.CORRECTED)

    assert row.received_on == date(2026, 9, 10)
    assert row.days_left == 20


async def test_what_the_code_shows_holds_no_personal_data(zone: Zone) -> None:
    await _register(zone, _filed())

    state = await zone.app[keys.REQUESTS].public_state("7KQ2M9XD4F")

    said = msgspec.json.encode(state).decode()
    for secret in (FORM.name, FORM.id_number, FORM.phone, FORM.description):
        assert secret not in said


async def test_a_clock_that_runs_ahead_at_the_terminal_moves_no_day_of_receipt(zone: Zone) -> None:
    ahead = FiledRequest("ABCDEFGH12", FORM, datetime(2031, 1, 1, tzinfo=UTC), True, "hall-1")
    await _register(zone, ahead)

    state = await zone.app[keys.REQUESTS].public_state("ABCDEFGH12")

    assert state.received_on == date(2026, 9, 10)
