"""The real kiosk app on fake ports, and the hand of a test on it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kiosk.flows.session import SessionSettings
from kiosk.seeker import BesideSeeker
from tests.support.fake_kiosk import (
    FakeAgent,
    FakeClock,
    FakeContent,
    make_ports,
    some_records,
    welcome,
)
from tests.ui.driver import PORTRAIT, Ui, prepare_window

LANDSCAPE = (1920, 1080)
SECRETS = {
    "name": "某某某乙",
    "id_number": "512299199001011234",
    "phone": "13800000000",
    "body": "某某某乙局",
    "description": "某某某乙想知道的事",
}
SHOTS = Path("/tmp/shots-kiosk")  # noqa: S108 - pictures for the eye, kept by nobody


class KioskUi(Ui):
    """The real app on fake ports."""

    def __init__(self) -> None:
        from kiosk.app import KioskApp

        self.agent, self.clock = FakeAgent(), FakeClock()
        self.content = FakeContent(some_records())
        ports = replace(
            make_ports(self.agent, self.clock, self.content),
            open_seeker=lambda _, words: BesideSeeker(self.content, words, at_end=lambda: None),
        )
        app = KioskApp(
            ports=ports, link=self.agent, settings=SessionSettings(), on_ready=lambda: None
        )
        super().__init__(app)

    def welcome(self, **changes: Any) -> None:
        self.agent.queued.append(welcome(**changes))
        self.wait(lambda: not self.agent.queued and self.app.kiosk.has_content, "welcome")
        self.settle()

    def answer(self, message: Any) -> None:
        self.agent.queued.append(message)
        self.wait(lambda: not self.agent.queued, "message taken")
        self.pump(2)

    def settle(self) -> None:
        """Let a turn of the app's own event pass, the search answer, and what they set off be drawn."""
        turns = self.app.turns
        self.wait(lambda: self.app.turns > turns + 1, "turns")
        self.wait(lambda: not self.app.kiosk.search.is_waiting, "search answered")
        self.pump(10)

    def type_into(self, label: str, text: str) -> None:
        self.press(label)
        self.app._dock.keyboard.target.insert_text(text)
        self.pump(2)


def opened_kiosk() -> Iterator[KioskUi]:
    """Yield a kiosk of portrait size and close it."""
    prepare_window()
    driver = KioskUi()
    driver.resize(PORTRAIT)
    yield driver
    driver.resize(PORTRAIT)
    driver.close()


def fill_request(ui: KioskUi) -> None:
    ui.press("申请公开，依法申请政府信息")
    ui.type_into("姓名或单位名称", SECRETS["name"])
    ui.type_into("身份证号或统一社会信用代码", SECRETS["id_number"])
    ui.type_into("联系电话", SECRETS["phone"])
    ui.press("下一步")
    ui.type_into("向哪个机关申请", SECRETS["body"])
    ui.type_into("需要的信息", SECRETS["description"])
    ui.press("下一步")
    ui.press("下一步")
