"""An emergency on a real window: red, whole, readable, and gone at its end."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from content.programme.emergency import EmergencyNotice, Level
from content.replica.ports import Notices, Verified
from devices.ipc.messages import ReplicaChanged
from tests.ui.test_signage_screen import START, UPRIGHT, WIDE, ScreenUi, open_hall, start

pytestmark = pytest.mark.ui

AT = int(START.timestamp())
FLOOD = EmergencyNotice(
    id="E000000001",
    title="山洪灾害红色预警",
    text=(
        "受持续强降雨影响，预计未来三小时清河县北部乡镇山洪、地质灾害风险极高。"
        "县防汛抗旱指挥部已启动一级应急响应，沿河低洼地带群众正在转移。"
    ),
    advice="请立即远离河道和山沟，听从村干部指挥，前往就近安置点。",
    issuer="清河县防汛抗旱指挥部",
    level=Level.RED,
    phone="0000-119119",
)


@pytest.fixture(params=[WIDE, UPRIGHT], ids=["wide", "upright"])
def ui(request: pytest.FixtureRequest) -> Iterator[ScreenUi]:
    driver = start(request.param)
    yield driver
    driver.close()


def raise_alarm(ui: ScreenUi, *notices: EmergencyNotice, until: int = AT + 3600) -> None:
    found = tuple(Verified(one, "emergency/512299", 1, AT, (), until) for one in notices)
    ui.replica.alarms = Notices(found, AT, AT)
    ui.link.said.append(ReplicaChanged(sequences={"emergency/512299": len(notices)}))
    ui.step(1)
    ui.step(1)


def test_the_whole_screen_is_red_and_says_what_to_do(ui: ScreenUi, tmp_path: Path) -> None:
    open_hall(ui, "关于冬季供暖的通知", "关于义务教育招生的通知")
    raise_alarm(ui, FLOOD)

    texts = ui.texts()
    for said in (FLOOD.title, FLOOD.advice, FLOOD.issuer, "有效至 11月20日 11:05", "红色预警"):
        assert said in texts
    assert "关于冬季供暖的通知" not in texts
    assert list(ui.panes) == ["emergency"]
    ui.shot(tmp_path / "emergency.png")
    ui.step(3600)
    ui.step(1)
    assert FLOOD.title not in ui.texts()
    assert "关于冬季供暖的通知" in ui.texts()


def test_a_drill_is_called_a_drill(ui: ScreenUi) -> None:
    open_hall(ui)
    raise_alarm(ui, replace(FLOOD, is_drill=True))

    assert "演练" in ui.texts()
    assert "红色预警" not in ui.texts().replace(FLOOD.title, "")
