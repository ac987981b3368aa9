"""Where a printer may be: serial, USB file, network; and the commands that a keeper types."""

import json
import os
import pty
import tty
from pathlib import Path

import pytest

from devices import print_test
from devices.drivers.links import LinkLost
from devices.drivers.printer.model import sheet
from devices.drivers.printer.port import FileLink, open_port
from devices.sim.lines import PacedLine
from devices.sim.printer.faults import FaultPlan
from devices.sim.printer.host import MakeLine
from tests.support.hosted_printer import hosted, tcp_line
from tests.support.printed_paper import read_slip_picture
from tests.support.processes import wait_for

EPSON = sheet("epson-58")


def test_nothing_at_a_network_port_is_called_absent() -> None:
    with pytest.raises(LinkLost) as lost:
        open_port("tcp://127.0.0.1:1", baud=9600)

    assert lost.value.reason == "absent"


def test_a_second_caller_of_a_file_is_told_that_it_is_busy_and_bytes_go_both_ways(
    tmp_path: Path,
) -> None:
    """A pseudo-terminal stands in for a usblp file: both are files that are read and written."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    link = FileLink(os.ttyname(slave))

    with pytest.raises(LinkLost) as lost:
        FileLink(os.ttyname(slave))
    sent = link.write(b"\x1b@")
    heard = os.read(master, 16)
    os.write(master, b"\x12")
    answer = link.read(1.0)
    silence = link.read(0.0)
    link.close()
    link.close()
    for one in (master, slave):
        os.close(one)

    assert lost.value.reason == "busy"
    assert (sent, heard, answer, silence) == (2, b"\x1b@", b"\x12", b"")


def test_a_file_that_is_not_there_is_called_absent(tmp_path: Path) -> None:
    with pytest.raises(LinkLost) as lost:
        FileLink(str(tmp_path / "lp0"))

    assert lost.value.reason == "absent"


@pytest.mark.parametrize("make_line", [None, tcp_line], ids=["pty", "tcp"])
def test_the_test_sheet_comes_out_and_the_keeper_is_told_what_to_look_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make_line: MakeLine | None
) -> None:
    with hosted(tmp_path, model=EPSON, make_line=make_line) as one:
        code = print_test.main(["--port", one.place, "--model", "epson-58"])

    assert code == 0
    assert "请逐项核对" in capsys.readouterr().out
    paper = read_slip_picture(tmp_path / "slips/0001.png")
    assert "打印测试" in paper.text
    assert "㛃䶮𬱖" in paper.text
    assert paper.qr == "https://zone.example/d/7KQ2M9XD4F"


def test_a_sheet_that_cannot_be_printed_is_a_chinese_sentence_and_not_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with hosted(tmp_path, FaultPlan(paper_mm=0), model=EPSON) as one:
        out = print_test.main(["--port", one.place, "--model", "epson-58"])
    absent = print_test.main(["--port", str(tmp_path / "nothing")])
    unknown = print_test.main(["--port", "x", "--model", "no-such"])

    assert (out, absent, unknown) == (1, 1, 2)
    said = capsys.readouterr().err
    assert "打印机缺纸，请装入新纸卷。" in said
    assert "打印机没有接上" in said
    assert "没有打印机型号“no-such”" in said


def test_bytes_arrive_at_the_speed_of_the_line_and_wait_where_they_are_not_taken() -> None:
    line = PacedLine(9600)
    line.put(b"x" * 96, 10.0)

    half = line.take(10.05, most=1000)
    none = line.take(10.1, most=0)
    rest = line.take(10.2, most=1000)

    assert (len(half), none, len(rest)) == (48, b"", 48)
    assert line.next_at is None
    assert PacedLine(0).room == PacedLine.BUFFER


def test_the_slip_of_a_printer_without_a_cutter_leaves_it_when_it_is_torn(tmp_path: Path) -> None:
    model = sheet("pos-5890")
    with hosted(tmp_path, model=model) as one:
        code = print_test.main(["--port", one.place, "--model", "pos-5890"])

        assert code == 0
        facts = tmp_path / "slips/0001.json"
        wait_for("the torn slip", facts.exists, timeout=20)
    assert json.loads(facts.read_text("utf-8"))["cut"] is False
