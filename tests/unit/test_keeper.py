"""What the keeper at a terminal is told."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from devices.agent.config import Home
from devices.status import main, sentences
from devices.wire.keeper import KeeperView
from devices.wire.messages import Fault
from tests.support.hand_clock import START, HandClock

NOW = int(START.timestamp())
WELL = KeeperView(
    NOW - 5, "hall-1", "一号大厅", online=True, last_contact=NOW, outbox=0, oldest=0, faults=()
)


def said(view: KeeperView) -> str:
    return "\n".join(sentences(view, now=NOW))


def test_a_terminal_that_is_well_is_said_to_be() -> None:
    assert "一切正常" in said(WELL)


def test_requests_that_wait_longer_than_a_day_are_an_alarm_with_a_next_step() -> None:
    young = said(replace(WELL, outbox=2, oldest=NOW - 3600))
    old = said(replace(WELL, outbox=2, oldest=NOW - 90_000))

    assert "2 件" in young
    assert "24 小时" not in young
    assert "超过 24 小时未送达：请检查终端网络" in old


def test_a_lost_link_a_fault_and_a_dead_agent_are_told() -> None:
    fault = Fault("printer:paper_out", "printer", "打印机缺纸，请装入新纸卷。", NOW - 60)
    text = said(replace(WELL, at=NOW - 900, online=False, last_contact=0, faults=(fault,)))

    assert "中断，还没有联系过" in text
    assert "打印机缺纸，请装入新纸卷。" in text
    assert "请启动终端程序" in text
    assert "一切正常" not in text


@pytest.mark.parametrize(
    ("view", "code"), [(WELL, 0), (replace(WELL, online=False), 1), (replace(WELL, at=0), 1)]
)
def test_the_exit_code_says_whether_a_hand_is_needed(
    view: KeeperView, code: int, tmp_path: Path
) -> None:
    Home(tmp_path).keeper.write_bytes(msgspec.json.encode(view))

    assert main(tmp_path, clock=HandClock()) == code


def test_before_the_first_run_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tmp_path) == 2
    assert "python -m devices agent" in capsys.readouterr().err
