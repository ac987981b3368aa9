"""The page of judged questions and nights: what should be found, where it stands, what each night did, and back."""

import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller import keys
from controller.desk.learning_plot import HEIGHT, WIDTH, plot
from controller.learning.gate import Outcome
from controller.store import nights as store
from controller.store.nights import Night, SetScore
from tests.integration.test_words_desk import publish
from tests.support.signers import document, item
from tests.support.zone import Zone, open_zone
from tests.unit.test_pages_desk import enter

ITEM = item("T000000001", "最低生活保障审核确认", aliases=("低保",))
BIRTH = item("T000000002", "生育登记服务", aliases=())


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone") as opened:
        await opened.staff()
        for record in (ITEM, BIRTH, document()):
            await publish(opened, record)
        yield opened


def night(day: int, outcome: Outcome, before: float, after: float) -> Night:
    scores = {"staff": SetScore(before, after, 12), "titles": SetScore(0.95, 0.95, 40)}
    return Night(
        day, 1_795_000_000 + day % 100 * 86_400, str(outcome), "learned-x", 31, 400, 60, scores
    )


async def post(zone: Zone, login: str, path: str, **form: str) -> tuple[int, str]:
    token = await enter(zone, login)
    answer = await zone.client.post(f"/desk/words/exam{path}", data={"csrf": token, **form})
    return answer.status, await answer.text()


async def look(zone: Zone, login: str = "editor", **asked: str) -> str:
    await enter(zone, login)
    answer = await zone.client.get("/desk/words/exam", params=asked)
    assert answer.status == 200
    return await answer.text()


async def test_a_judged_question_is_kept_shown_with_its_place_and_removed(zone: Zone) -> None:
    await post(zone, "editor", "", text="低保", record=ITEM.id)
    await post(zone, "editor", "", text="骆驼驯养有奖励吗", record=BIRTH.id)

    html = await look(zone)
    number = re.search(r"/desk/words/exam/(\d+)/remove", html)
    assert number
    await post(zone, "editor", f"/{number[1]}/remove")

    assert "第 1" in html
    assert "没找到" in html
    assert "有 1 道题的答案不在前三" in html
    assert "骆驼" not in await look(zone)


async def test_from_a_search_one_says_what_it_should_find(zone: Zone) -> None:
    token = await enter(zone, "editor")
    found = await (await zone.client.get("/desk/search?q=低保")).text()
    assert f'name="record" value="{ITEM.id}"' in found

    form = {"csrf": token, "text": "低保", "record": ITEM.id, "back": "search"}
    answer = await zone.client.post("/desk/words/exam", data=form)

    assert answer.url.path == "/desk/search"
    assert "已记为考题" in await answer.text()


@pytest.mark.parametrize("path", ["", "/1/remove", "/back"])
async def test_who_may_not_edit_words_may_not_touch_questions_or_models(
    zone: Zone, path: str
) -> None:
    status, _ = await post(zone, "auditor", path, text="低保", record=ITEM.id)

    assert status == 403
    assert "应找到它" not in await look(zone, "auditor", text="低保")


async def test_nothing_is_changed_without_the_pages_token(zone: Zone) -> None:
    await enter(zone, "editor")

    answer = await zone.client.post("/desk/words/exam", data={"text": "低保", "record": ITEM.id})

    assert answer.status == 403
    assert await zone.app[keys.EXAMS].list(zone.people["editor"]) == ()


async def test_a_bad_question_is_refused_with_a_sentence(zone: Zone) -> None:
    status, html = await post(zone, "editor", "", text="13900001111", record=ITEM.id)

    assert status == 422
    assert "不能放进公开的词表" in html


async def test_each_night_is_told_and_the_model_can_be_given_up(zone: Zone) -> None:
    async with zone.app[keys.DATABASE].write() as c:
        await store.keep_night(c, night(20261120, Outcome.PUBLISHED, 0.5, 0.75))
        await store.keep_night(c, night(20261121, Outcome.REFUSED, 0.75, 0.25))

    html = await look(zone)

    assert "新的排序没有启用" in html
    assert "工作人员的考题（12 题）0.75 → 0.25" in html
    assert '<polyline points="' in html
    assert 'class="refusal"' in html


def test_a_refused_model_moves_no_point_and_names_do_not_lie_on_each_other() -> None:
    nights = [
        night(20261122, Outcome.REFUSED, 0.9, 0.1),
        night(20261121, Outcome.PUBLISHED, 0.5, 0.9),
        replace(night(20261120, Outcome.FAILED, 0.0, 0.0), scores={}),
    ]

    picture = plot(nights)

    staff = next(line for line in picture.lines if line.name == "staff")
    assert [one.value for one in staff.points] == [0.9, 0.9]
    assert [one.is_new for one in staff.points] == [True, False]
    heights = sorted(line.label_y for line in picture.lines)
    assert all(below - above >= 20 for above, below in itertools.pairwise(heights))
    assert all(0 <= one.x <= WIDTH and 0 <= one.y <= HEIGHT for one in staff.points)
    assert len(picture.refusals) == 2
    assert plot([]).lines == ()
