"""What of a scan, of a lookup and of an ending battery goes on from the agent."""

import asyncio

import pytest

from devices.agent.lookup import LookUps
from devices.agent.notice_line import LONGEST, notice_line
from devices.agent.peripherals import scanned
from devices.agent.ports import Unreachable
from devices.agent.power import PowerWatch
from devices.drivers.ups.machine import PowerBack, PowerLost, ShutDownSoon
from devices.ipc.messages import CardSeen, Closing, LookUp, Progress, ToUi, encode_line, read_to_ui
from devices.wire.messages import Standing
from tests.support.fake_kiosk import FakeContent, document, item

URL = "https://zone.example"
STANDING = Standing("已登记", "已收到。", "请等候。", (("受理号", "2026-1"),))


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        (f"{URL}/d/7KQ2M9XD4F", "record", "7KQ2M9XD4F"),
        (f"{URL}/r/7kq2-m9x-d4f", "receipt", "7KQ2M9XD4F"),
        ("7KQ2-M9X-D4F", "receipt", "7KQ2M9XD4F"),
        ("https://evil.example/d/7KQ2M9XD4F", "other", ""),
        (f"{URL}.evil.example/d/7KQ2M9XD4F", "other", ""),
        (f"{URL}/d/7KQ2M9XD4F?next=//evil.example", "other", ""),
        ("健康码：某某 110105", "other", ""),
        ("519921199001010025", "other", ""),
        ("", "other", ""),
    ],
)
def test_of_a_scan_only_what_is_ours_goes_on(text: str, kind: str, code: str) -> None:
    assert scanned(text, public_url=URL) == type(scanned("", public_url=URL))(kind=kind, code=code)


def test_a_card_crosses_the_socket_whole_and_is_masked_when_printed() -> None:
    card = CardSeen(step="s", state="read", name="测试甲", number="519921199001010025")

    assert read_to_ui(encode_line(card)) == card
    assert "测试甲" not in repr(card)
    assert "5199" not in repr(card)


class Ui:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.heard: list[ToUi] = []

    def send(self, message: ToUi) -> bool:
        self.heard.append(message)
        return True


class Source:
    """Knows one code; "AWAY000000" finds nobody."""

    async def standing(self, code: str) -> Standing | None:
        if code == "AWAY000000":
            raise Unreachable("gone")
        return STANDING if code == "7KQ2M9XD4F" else None


@pytest.mark.parametrize(
    ("code", "error"),
    [("7kq2-m9x-d4f", ""), ("7KQ2M9XD4G", "unknown"), ("AWAY000000", "away"), ("x", "unknown")],
)
async def test_a_look_up_always_gets_an_answer_for_its_own_code(code: str, error: str) -> None:
    ui, lookups = Ui(), LookUps(Source())
    lookups.take(ui, LookUp(code=code))
    assert lookups._running is not None
    await lookups._running

    (answer,) = ui.heard
    assert isinstance(answer, Progress)
    assert (answer.code, answer.error) == (code, error)
    assert answer.lines == (() if error else STANDING.lines)


class Ending:
    """A power watch and what came of it."""

    def __init__(self) -> None:
        self.told: list[ToUi] = []
        self.ended = asyncio.Event()
        self.watch = PowerWatch(tell=self.told.append, closing_s=60)
        self.watch.on_end = self.ended.set


async def test_a_lost_main_alone_ends_nothing() -> None:
    ending = Ending()
    ending.watch.take(PowerLost())

    assert ending.told == []
    assert ending.watch.greetings() == ()


async def test_a_kiosk_that_comes_late_is_told_of_the_end_too() -> None:
    ending = Ending()
    ending.watch.session(active=True)
    ending.watch.take(ShutDownSoon())
    ending.watch.take(ShutDownSoon())

    assert ending.watch.greetings() == tuple(ending.told)
    assert len(ending.told) == 1
    ending.watch.close()


async def test_the_mains_that_return_take_the_end_back() -> None:
    ending = Ending()
    ending.watch.session(active=True)
    ending.watch.take(ShutDownSoon())
    ending.watch.take(PowerBack())
    ending.watch.session(active=False)

    assert ending.told[-1] == Closing(seconds=0)
    assert ending.watch.greetings() == ()
    assert not ending.ended.is_set()


def test_the_sign_says_the_newest_documents_and_no_service_items() -> None:
    content = FakeContent((document(1, title="甲办法"), item(1), document(2, title="乙公告")))

    line = notice_line(content, zone="云岭县政务公开专区")

    assert line == (
        "云岭县政务公开专区最新公开　　云岭县人民政府办公室：甲办法　　云岭县人民政府办公室：乙公告"
    )
    assert notice_line(FakeContent(), zone="云岭县") == "云岭县"
    long = FakeContent(tuple(document(n, title="长" * 200) for n in range(3)))
    assert len(notice_line(long, zone="云岭县")) == LONGEST
