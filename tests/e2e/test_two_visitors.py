"""Two visitors one after the other: nothing of the first is left on any screen, in any widget, log, file or code.

Real controller, broker, agent, kiosk, screen and printer; real touches. After the wipe everything is searched: the
glass, the widget tree, the flows, all that the interpreters of agent, kiosk and screen still hold, every file of
terminal and controller, every file that a process holds open, every log, every code on the glass, the clipboards.
What may be left: the request, sealed, on its way; then, locked, in the controller's database; and the paper.
"""

import json
import re
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from content.codes import code_from, show_code
from tests.support.finger import Finger
from tests.support.kiosk_visitor import Visitor
from tests.support.living_memory import living_texts
from tests.support.observed_kiosk import observe
from tests.support.printed_paper import ReadSlip, read_slip_picture
from tests.support.processes import wait_for
from tests.support.running_zone import open_display
from tests.support.seeded_zone import ALLOWANCE, HEATING, seed
from tests.support.watched_zone import Trace, WatchedZone, codes_on, copied

pytestmark = pytest.mark.e2e

NAME = (("wang", "王"), ("xiu", "秀"), ("lan", "兰"))
WHOLE_NAME = "王秀兰"
ID_NUMBER = "11010519491231002X"
PHONE = "13800138000"
QUERY = (("luotuo", "骆驼"), ("daxiang", "大象"))
WHOLE_QUERY = "骆驼大象"
ADDED = (("changjinglu", "长颈鹿"),)
WHOLE_ADDED = "大象长颈鹿"
"""With the end of the query before it: the word alone stands in every dictionary."""
COMPOSED = "zhangqx"
"""Letters of a composition that is never finished."""
TYPED = (WHOLE_NAME, ID_NUMBER, PHONE, WHOLE_QUERY, WHOLE_ADDED, COMPOSED)
KEY = re.compile(r"(?:hall-1-)?[0-9a-f]{32}")
SOON_S = 10
"""So long the collector and the write-ahead logs may take."""


@dataclass
class Hall:
    """The hall in which the visitors come and go."""

    zone: WatchedZone
    finger: Finger
    visitor: Visitor
    display: str

    def slips(self) -> int:
        return len(list(self.zone.slips.glob("*.json")))

    def slip(self, number: int) -> ReadSlip:
        path = self.zone.slips / f"{number:04d}.png"
        wait_for(f"slip {number} printed", path.with_suffix(".json").exists, timeout=40)
        return read_slip_picture(path)

    def at_rest(self) -> bool:
        """Say whether the kiosk stands as the next visitor finds it."""
        text = self.visitor.text()
        return observe(self.zone.eye)["screen"] == "home" and "清除您填写" not in text


@pytest.fixture
def hall(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hall]:
    zone = WatchedZone(tmp_path / "z", **getattr(request, "param", {}))
    seed(zone.state)
    display, finger = open_display()
    try:
        zone.start_controller()
        zone.enrol()
        zone.start_printer()
        zone.start_agent()
        zone.start_windows(display.name)
        hall = Hall(zone, finger, Visitor(finger, zone.eye), display.name)
        hall.visitor.sees(HEATING[0])
        yield hall
    finally:
        finger.save(tmp_path / "last.png")
        print(zone.outputs(), tmp_path / "last.png")  # noqa: T201 - what a failure needs
        zone.stop()
        finger.close()
        display.close()


@pytest.mark.parametrize("hall", [{"idle_s": 9}], indirect=True)
def test_a_visitor_who_walks_away_is_asked_then_forgotten(hall: Hall) -> None:
    visitor = hall.visitor
    _search_in_vain(visitor)
    visitor.touch("依法申请公开")
    _say_who(visitor)
    _describe(visitor)
    _compose(visitor)

    visitor.sees("还在使用吗", timeout=40)
    visitor.touch("继续使用")
    wait_for("the warning gone", lambda: "还在使用吗" not in visitor.text())
    kept = visitor.text()
    assert WHOLE_QUERY in kept
    assert WHOLE_ADDED in kept
    assert COMPOSED in kept

    visitor.sees("还在使用吗", timeout=40)
    wait_for("the wipe", hall.at_rest, timeout=60)
    _nothing_left(hall, TYPED)
    _next_visitor_looks(hall, TYPED)


def test_a_visitor_who_ends_leaves_nothing_but_the_request(hall: Hall) -> None:
    visitor = hall.visitor
    _search_in_vain(visitor)
    visitor.touch("依法申请公开")
    _say_who(visitor)
    _describe(visitor)
    visitor.touch("下一步")
    visitor.touch("下一步")
    visitor.touch("确认提交")
    visitor.sees("已保存")
    visitor.touch("打印回执")
    receipt = hall.slip(1)
    code = receipt.qr.rsplit("/", 1)[-1]
    visitor.sees("已打印")
    assert show_code(code) in visitor.text()
    assert receipt.qr in codes_on(hall.finger)
    _registered(receipt.qr)
    visitor.touch("首页")
    visitor.touch("申请公开")
    _say_who(visitor)
    visitor.touch("需要的信息")
    _compose(visitor)

    visitor.touch("结束使用")

    wait_for("the wipe", hall.at_rest)
    needles = (*TYPED, code, show_code(code))
    _nothing_left(hall, needles, kept_by_the_controller=(code,))
    masked = WHOLE_NAME[0] + "*"
    _next_visitor_looks(hall, (*needles, masked))
    _next_visitor_prints(hall, (*needles, masked))


@pytest.mark.parametrize("hall", [{"paper_mm": 45.0}], indirect=True)
def test_what_paper_out_broke_off_is_not_printed_for_the_next_visitor(hall: Hall) -> None:
    visitor = hall.visitor
    visitor.touch(ALLOWANCE[0])
    visitor.touch("打印带走")
    visitor.sees("打印中断")
    visitor.touch("补打一份")
    visitor.sees("打印机缺纸")
    visitor.touch("结束使用")
    wait_for("the wipe", hall.at_rest)

    torn = hall.slips()
    hall.zone.order_printer(paper="in")
    visitor.touch("查询")
    visitor.type_pinyin("gongnuan", "供暖")
    visitor.touch(HEATING[0])
    visitor.sees("供热企业")
    _print_until_printed(hall)

    pieces = [
        json.loads(path.read_text("utf-8")) for path in sorted(hall.zone.slips.glob("*.json"))
    ]
    last = hall.slip(len(pieces))
    assert HEATING[1] in last.text
    assert "低" not in last.text
    assert ALLOWANCE[1] not in last.text
    whole_before = [n for n in range(torn + 1, len(pieces)) if hall.slip(n).qr]
    assert whole_before == []
    assert sum(one["height_mm"] for one in pieces[:-1]) < 45 + 20


def _print_until_printed(hall: Hall) -> None:
    """Ask for the slip, again if the printer still sees no paper."""
    for _ in range(5):
        hall.visitor.touch("打印带走" if "打印带走" in hall.visitor.text() else "补打一份")
        wait_for("an outcome", lambda: _outcome(hall.visitor), timeout=20)
        if "已打印" in hall.visitor.text():
            return
    raise AssertionError(hall.visitor.text())


def _outcome(visitor: Visitor) -> bool:
    text = visitor.text()
    return any(word in text for word in ("已打印", "缺纸", "打印中断", "未能确认"))


# What the first visitor does


def _search_in_vain(visitor: Visitor) -> None:
    visitor.touch("查询")
    for letters, chosen in QUERY:
        visitor.type_pinyin(letters, chosen)
    visitor.sees("没有找到")
    visitor.sees(WHOLE_QUERY)


def _say_who(visitor: Visitor) -> None:
    visitor.touch("姓名")
    for letters, chosen in NAME:
        visitor.type_pinyin(letters, chosen)
    visitor.sees(WHOLE_NAME)
    visitor.touch("身份证号")
    visitor.type_digits(ID_NUMBER)
    visitor.sees(ID_NUMBER)
    visitor.touch("联系电话")
    visitor.type_digits(PHONE)
    visitor.sees(PHONE)
    visitor.touch("下一步")


def _describe(visitor: Visitor) -> None:
    visitor.touch("向哪个机关")
    visitor.touch("示范县人民政府办公室")
    visitor.touch("需要的信息")
    for letters, chosen in ADDED:
        visitor.type_pinyin(letters, chosen)
    visitor.sees(WHOLE_ADDED)


def _compose(visitor: Visitor) -> None:
    for letter in COMPOSED:
        visitor.touch(letter)
    visitor.sees(COMPOSED)


def _registered(url: str) -> None:
    """Follow the receipt's code as a phone does, until the controller has the request."""

    def page() -> bool:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own page
            return "依申请" in answer.read().decode()

    wait_for("the request's page", page)


# What is left of it


def _nothing_left(
    hall: Hall, needles: Iterable[str], *, kept_by_the_controller: tuple[str, ...] = ()
) -> None:
    sought = tuple(needles)
    zone, visitor = hall.zone, hall.visitor
    held, glass = visitor.everything_held(), visitor.text()
    assert [one for one in sought if one in held] == []
    assert [one for one in sought if one in glass] == []
    assert not [code for code in codes_on(hall.finger) if "/r/" in code]
    assert copied(hall.display) == []
    _gone("memory", lambda: zone.in_memory(sought))
    _gone("logs", lambda: zone.in_logs(sought))
    for code in kept_by_the_controller:
        assert _ways_to(code, "\n".join(one.output for one in zone.programs.values())) == []
        for name, path in zone.memories.items():
            assert (name, _ways_to(code, living_texts(path).decode("ascii", "replace"))) == (
                name,
                [],
            )
    # The database, and the unnamed files that SQLite opens beside it while it sorts.
    its_own = (str(zone.state / "zone.db"), f"open file of {zone.programs['controller'].pid}:")
    _gone(
        "files",
        lambda: (
            one
            for one in zone.in_files(sought)
            if not (one.what in kept_by_the_controller and one.where.startswith(its_own))
        ),
    )


def _ways_to(code: str, text: str) -> list[str]:
    """Return the keys in a text from which anybody could work out the receipt's code."""
    keys = set(KEY.findall(text))
    return [key for key in keys if code in {code_from(key), code_from(f"hall-1-{key}")}]


def _gone(where: str, look: Callable[[], Iterable[Trace]]) -> None:
    """Look until nothing is found, but not for long."""
    found: list[Trace] = []

    def is_clean() -> bool:
        found[:] = look()
        return not found

    try:
        wait_for(f"clean {where}", is_clean, timeout=SOON_S, every=0.5)
    except AssertionError:
        assert found == []


def _next_visitor_looks(hall: Hall, needles: tuple[str, ...]) -> None:
    """Search, read and begin a request; nothing of the first comes up."""
    visitor = hall.visitor

    def looked() -> None:
        text = visitor.text()
        assert [one for one in needles if one in text] == []

    looked()
    visitor.touch("申请公开")
    visitor.sees("请输入姓名")
    visitor.touch("联系电话")
    looked()
    visitor.touch("首页")
    visitor.touch("查询")
    looked()
    visitor.type_pinyin("gongnuan", "供暖")
    visitor.touch(HEATING[0])
    visitor.sees("供热企业")
    looked()


def _next_visitor_prints(hall: Hall, needles: tuple[str, ...]) -> None:
    """Print what was read: one slip, and nothing of the first on it."""
    before = hall.slips()
    hall.visitor.touch("打印带走")
    slip = hall.slip(before + 1)
    hall.visitor.sees("已打印")
    assert HEATING[1] in slip.text
    assert [one for one in needles if one in slip.text] == []
    assert hall.slips() == before + 1
