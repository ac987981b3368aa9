"""Learning at night: what helps the judged questions is published, what harms one is refused, and one can go back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.errors import CallerError
from content.search.tally import SearchLog, Tap
from controller import keys
from controller.auth.permissions import Forbidden
from controller.learning.gate import Outcome, Question
from controller.learning.night import TASK, Task, half_of
from controller.services.nights import Bench, Nights, Work, work_in_child
from controller.services.published import PublishedRecords
from controller.store.nights import Night
from tests.integration.test_words_desk import publish
from tests.support.signers import document
from tests.support.zone import REGION, Zone, open_zone

HELP, WRONG = "D100000001", "D100000002"
EXAM = "丢了饭碗的乡亲找哪个衙门领点钱过日子"
ASKED = tuple(f"丢了饭碗{word}怎么办" for word in "我你他她谁家娃爸妈哥姐叔婶爷奶伯")


def text(record: str, title: str, *paragraphs: str) -> DisclosureRecord:
    blocks = tuple(Block(BlockKind.PARAGRAPH, one) for one in paragraphs)
    return replace(document(), id=record, title=title, document_number="", blocks=blocks)


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone") as opened:
        await opened.staff()
        for record in letters():
            await publish(opened, record)
        yield opened


def letters() -> list[DisclosureRecord]:
    helping = text(
        HELP, "失业人员临时帮扶办法", "对失业人员按月发放帮扶金。", "由人社部门办理，当场受理。"
    )
    wrong = text(WRONG, "城区停车收费办法", "停车按小时收费。", "由城管部门办理，当场受理。")
    places = "东西南北中前后左右上下里外新老大小长短高"
    others = [
        text(
            f"D2000000{at:02}",
            f"{place}街来信选登第{at}期",
            "有人丢了饭碗，问以后怎么办。",
            f"{place}街道已经收到来信，正在核实情况。",
        )
        for at, place in enumerate(places)
    ]
    return [helping, wrong, *others]


async def opened(zone: Zone, record: str, *, times: int) -> None:
    """Citizens asked in many ways, and opened this."""
    async with zone.app[keys.DATABASE].write() as c:
        taps = tuple(Tap(query, record, times, times) for query in ASKED)
        await zone.app[keys.SEARCHES].take(c, SearchLog(20261120, (), taps))


async def found(zone: Zone) -> list[str]:
    results = await zone.app[keys.SEARCH_COPY].search(EXAM, limit=30)
    return [hit.found.record.id for hit in results.hits]


async def names(zone: Zone) -> tuple[str, ...]:
    learning = await zone.app[keys.NIGHTS].learning(zone.people["editor"])
    return tuple(name for name, _ in learning.models)


async def good_night(zone: Zone) -> Night:
    await zone.app[keys.EXAMS].add(zone.people["editor"], EXAM, HELP)
    await opened(zone, HELP, times=9)
    return await zone.app[keys.NIGHTS].tonight()


async def test_what_citizens_opened_is_learned_and_poisoned_counts_are_refused(zone: Zone) -> None:
    assert {half_of(one) for one in ASKED} == {True, False}
    before = await found(zone)

    good = await good_night(zone)
    learned = await found(zone)
    kept = await names(zone)
    await opened(zone, WRONG, times=900)
    bad = await zone.app[keys.NIGHTS].tonight()

    assert good.outcome == Outcome.PUBLISHED, good
    assert good.scores["staff"].after > good.scores["staff"].before
    assert learned.index(HELP) == 0
    assert HELP not in before[:3]
    assert kept == (good.model,)
    # A model made worse on purpose: it has learned that everybody wants the car park.
    assert bad.outcome == Outcome.REFUSED, bad
    assert bad.scores["staff"].after < bad.scores["staff"].before
    assert await names(zone) == kept
    assert await found(zone) == learned


async def test_one_can_go_back_to_the_search_of_before(zone: Zone) -> None:
    before = await found(zone)
    await good_night(zone)
    learned = await found(zone)

    with pytest.raises(Forbidden):
        await zone.app[keys.NIGHTS].go_back(zone.people["auditor"])
    await zone.app[keys.NIGHTS].go_back(zone.people["editor"])

    assert learned != before
    assert await found(zone) == before
    assert await names(zone) == ()


async def test_without_a_judged_question_nothing_is_published(zone: Zone) -> None:
    night = await zone.app[keys.NIGHTS].tonight()

    assert night.outcome == Outcome.TOO_LITTLE
    assert await names(zone) == ()


async def test_a_child_that_breaks_off_or_lies_leaves_everything_as_it_was(zone: Zone) -> None:
    await zone.app[keys.EXAMS].add(zone.people["editor"], EXAM, HELP)

    async def broken(_folder: Path) -> bool:
        return False

    async def lying(folder: Path) -> bool:
        (folder / "made.bin").write_bytes(b"DZSM1\n")
        (folder / "result.json").write_text('{"model": "learned-x", "after": {"staff": [1, 1]}}')
        return True

    for work in (broken, lying):
        night = await nights_with(zone, work).tonight()
        assert night.outcome == Outcome.FAILED
    assert await names(zone) == ()
    assert not (zone.app[keys.CONFIG].state / "learning").exists()


async def test_the_child_ends_at_its_limits(tmp_path: Path, zone: Zone) -> None:
    folder = tmp_path / "night"
    folder.mkdir()
    assert await zone.app[keys.SEARCH_COPY].snapshot(folder / "replica.db")
    judged = {"staff": [Question(EXAM, (HELP,))]}
    task = Task(region=REGION, judged=judged, memory=1 << 20)
    (folder / TASK).write_bytes(msgspec.json.encode(task))

    assert not await work_in_child(folder)
    assert not await work_in_child(folder, timeout_s=0.01)


async def test_a_judged_question_is_checked_like_any_published_word(zone: Zone) -> None:
    exams, editor = zone.app[keys.EXAMS], zone.people["editor"]

    with pytest.raises(Forbidden):
        await exams.add(zone.people["auditor"], EXAM, HELP)
    with pytest.raises(CallerError, match="电话"):
        await exams.add(editor, "13900001111怎么办", HELP)
    with pytest.raises(CallerError, match="没有公开"):
        await exams.add(editor, EXAM, "D999999999")
    await exams.add(editor, EXAM, HELP)
    await exams.add(editor, EXAM, WRONG)

    kept = await exams.list(zone.people["auditor"])
    assert [(one.question, one.record) for one in kept] == [(EXAM, WRONG)]


def nights_with(zone: Zone, work: Work) -> Nights:
    app = zone.app
    return Nights(
        database=app[keys.DATABASE],
        audit=app[keys.AUDIT],
        records=PublishedRecords(database=app[keys.DATABASE]),
        copy=app[keys.SEARCH_COPY],
        clock=app[keys.CLOCK],
        bench=Bench(
            app[keys.CONFIG].state / "learning", app[keys.CONFIG].state / "blobs", REGION, work
        ),
    )
