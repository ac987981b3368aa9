"""The paper of a printer at the desk: what is left in words, and the one thing to do next."""

from pathlib import Path

import pytest

from controller.desk.paper_view import paper_view
from controller.keys import DATABASE, TERMINALS
from devices.wire.messages import FeedMark, Paper, PrintedDay, Report
from tests.support.zone import PASSWORD, open_zone
from tests.support.zone_ca import make_ca, register, terminal_of, wall_now


@pytest.mark.parametrize(
    ("left_mm", "days_left", "standing"),
    [
        (0, 0, "out"),
        (0, None, "out"),
        (900, 0, "today"),
        (900, None, "low"),
        (4_000, 7, "soon"),
        (30_000, 8, "enough"),
        (30_000, None, "unknown"),
    ],
)
def test_each_standing_is_named(left_mm: int, days_left: int | None, standing: str) -> None:
    view = paper_view(Paper(left_mm=left_mm, days_left=days_left))

    assert view is not None
    assert view.key == f"paper.{standing}"


def test_a_terminal_that_tells_nothing_of_its_paper_has_no_line() -> None:
    assert paper_view(None) is None


async def test_the_page_of_a_terminal_says_when_a_roll_must_be_there(tmp_path: Path) -> None:
    issued = make_ca(tmp_path / "ca").issue_device("hall-1", now=wall_now())
    paper = Paper(4_210, 3, (PrintedDay("2026-11-21", 41, 1, 2, 5_300),))
    marks = {feed: FeedMark(0, "") for feed in ("gov/512299",)}
    async with open_zone(tmp_path / "zone") as zone:
        await zone.staff()
        await register(zone.app[DATABASE], terminal_of(issued, "hall-1"))
        report = Report(1, marks, devices={"printer": "ok"}, paper=paper)
        await zone.app[TERMINALS].said_report("hall-1", report)
        await zone.client.post("/desk/login", data={"login": "admin", "password": PASSWORD})
        html = await (await zone.client.get("/desk/terminals/at/hall-1")).text()
        without = Report(2, marks, devices={}, paper=None)
        await zone.app[TERMINALS].said_report("hall-1", without)
        bare = await (await zone.client.get("/desk/terminals/at/hall-1")).text()

    assert "约剩 4.2 米，按近两周的用量还能用 3 天。" in html
    assert "请在 3 天内把新纸卷送到现场。" in html
    assert "2026-11-21" in html
    assert "5.3" in html
    assert "打印纸" not in bare
