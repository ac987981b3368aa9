"""Said together or one by one, what terminals say ends in the same store."""

import random
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import select

from controller.services.events import EventBus
from controller.services.terminal_words import Word
from controller.services.terminals import Terminals
from controller.store.database import Database
from controller.store.terminals import Happening, faults, history, presences, reports
from devices.wire.messages import DeviceState, Fault, FeedMark, Report, StateMessage
from tests.support.hand_clock import START, HandClock
from tests.support.zone_ca import FEED, make_ca, open_database, register, terminal_of, wall_now

DEVICES = ("hall-a", "hall-b", "hall-c")
AT = int(START.timestamp())
CODES = ("printer:paper_out", "display:off", "disk:full")


class Nothing:
    async def sequences(self) -> Mapping[str, tuple[int, str]]:
        return {}


def any_word(lottery: random.Random) -> Word:
    device = lottery.choice((*DEVICES, "stranger"))
    kind = lottery.randrange(5)
    if kind == 0:
        state = lottery.choice(list(DeviceState))
        said = StateMessage(state, lottery.choice("bc"), lottery.randrange(3))
        return Word(device, said)
    if kind == 1:
        return Word(device, b'{"model":"x"}')
    codes = lottery.sample(CODES, lottery.randrange(len(CODES) + 1))
    found = tuple(Fault(code, "", lottery.choice("甲乙"), AT) for code in codes)
    mark = {FEED: FeedMark(lottery.randrange(4), "ab")}
    report = Report(1, mark, faults=found, at=AT - lottery.randrange(100))
    return Word(device, report, is_old=kind == 2)


async def stored(database: Database) -> list[list[tuple[object, ...]]]:
    async with database.read() as c:
        tables = (presences, reports, history, faults)
        rows = [(await c.execute(select(table))).mappings().all() for table in tables]
    dropped = "id"
    return [
        sorted(tuple(v for k, v in row.items() if k != dropped) for row in table) for table in rows
    ]


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Database, Database]]:
    ca = make_ca(tmp_path / "ca")
    enrolled = [terminal_of(ca.issue_device(one, now=wall_now()), one) for one in DEVICES]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    async with open_database(tmp_path / "one") as one, open_database(tmp_path / "two") as two:
        await register(one, *enrolled)
        await register(two, *enrolled)
        yield one, two


def terminals_of(database: Database) -> Terminals:
    return Terminals(database=database, desired=Nothing(), events=EventBus(), clock=HandClock())


@pytest.mark.parametrize("seed", range(12))
async def test_together_or_one_by_one_the_store_is_the_same(
    pair: tuple[Database, Database], seed: int
) -> None:
    one, two = pair
    lottery = random.Random(seed)  # noqa: S311 - no secret
    together, singly = terminals_of(one), terminals_of(two)

    for _ in range(4):
        words = [any_word(lottery) for _ in range(lottery.randrange(1, 30))]
        await together.said(words)
        for word in words:
            await singly.said([word])

    assert await stored(one) == await stored(two)


async def test_a_fault_that_comes_and_goes_in_one_batch_is_in_the_history(
    pair: tuple[Database, Database],
) -> None:
    terminals = terminals_of(pair[0])
    paper = Report(1, {}, faults=(Fault("printer:paper_out", "", "请装纸。", AT),))
    good = Report(1, {})

    await terminals.said([Word("hall-a", paper), Word("hall-a", good), Word("hall-a", paper)])

    happened = [one.what for one in await terminals.history("hall-a")]
    assert happened == [Happening.FAULT, Happening.CLEARED, Happening.FAULT]
    assert len((await terminals.status("hall-a")).faults) == 1
    assert len(await terminals.cleared_faults("hall-a")) == 1
