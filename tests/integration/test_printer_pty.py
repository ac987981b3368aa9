"""A driver, a real pseudo-terminal, the simulated printer in a process of its own, and its pictures."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from content.codes import show_code
from content.disclosure.classes import DisclosureClass
from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.paper.slips import document_slip
from devices.agent.spool import open_spool
from devices.clock import SystemClock
from devices.drivers.links import LinkLost, SerialLink
from devices.drivers.printer.condition import Outcome, Reason
from devices.drivers.printer.model import PAPER_58_MM
from devices.sim.printer.faults import FaultPlan
from tests.support.bench_printer import paper_of
from tests.support.hosted_printer import device_at, hosted
from tests.support.printed_paper import read_slip_picture

ROOT = Path(__file__).parents[2]
DEADLINE_S = 20
URL = "https://zone.example.gov.cn/d/7KQ2M9XD4F"
RECORD = DisclosureRecord(
    id="7KQ2M9XD4F",
    title="示范县人民政府关于做好二〇二六年农村饮水安全工作的通知",
    document_number="示政发〔2026〕19号",
    issuing_body="示范县人民政府",
    written_on=date(2026, 11, 2),
    published_on=date(2026, 11, 20),
    disclosure_class=DisclosureClass.PROACTIVE,
    region="512299",
    domain="",
    blocks=(Block(BlockKind.PARAGRAPH, "各乡镇人民政府，县级各部门：现将有关事项通知如下。"),),
)
LONG = "为保障公民、法人和其他组织依法获取政府信息，制定本条例。" * 12


@contextmanager
def simulated(folder: Path) -> Iterator[tuple[Path, Path, "subprocess.Popen[str]"]]:
    """The command a user runs; yields link, folder of slips and process, which must end cleanly."""
    link, slips = folder / "printer", folder / "slips"
    command = [sys.executable, "-m", "devices", "simulate", "printer", "--model", "epson-58"]
    process = subprocess.Popen(
        [*command, "--link", str(link), "--out", str(slips), "--speed", "2000"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        ready, _, _ = select.select([process.stdout], [], [], DEADLINE_S)
        line = process.stdout.readline() if ready else ""
        assert line == f"ready {link}\n", line or process.stderr.read()
        yield link, slips, process
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert not link.is_symlink()
    assert not link.with_name("printer.ctl").exists()


@contextmanager
def in_thread(folder: Path, plan: FaultPlan) -> Iterator[Path]:
    """The same printer in a thread, with a plan of faults."""
    with hosted(folder, plan, model=PAPER_58_MM) as one:
        yield Path(one.place)


def order(link: Path, **what: str) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(DEADLINE_S)
        control.connect(str(link.with_name(link.name + ".ctl")))
        control.sendall(json.dumps(what).encode() + b"\n")
        answer: dict[str, object] = json.loads(control.makefile().readline())
        return answer


def test_title_number_and_code_on_paper_equal_the_documents(tmp_path: Path) -> None:
    slip = document_slip(
        RECORD, url=URL, terminal="hall-01", printed_on=date(2026, 11, 22), version=3
    )
    with simulated(tmp_path) as (link, slips, _), device_at(str(link), PAPER_58_MM) as device:
        result = device.print_slip(slip)

        assert (result.outcome, result.reason) == (Outcome.PRINTED, Reason.NONE)
        paper = read_slip_picture(slips / "0001.png")

    assert RECORD.title in paper.text
    assert RECORD.document_number in paper.text
    assert show_code(RECORD.id) in paper.text
    assert paper.qr == URL
    facts = json.loads((slips / "0001.json").read_text("utf-8"))
    assert facts["qr"] == [URL]
    # The simulator knows no text of a title sent as a picture (〇 is not in GB2312); the eye reads it.
    assert {line.strip() for line in facts["lines"]} <= {line.strip() for line in paper.lines}


def test_paper_pulled_and_loaded_by_the_control_socket(tmp_path: Path) -> None:
    with simulated(tmp_path) as (link, slips, _), device_at(str(link), PAPER_58_MM) as device:
        order(link, paper="out")
        refused = device.print_slip(paper_of("甲的小票"))
        state = order(link, paper="in")
        printed = device.print_slip(paper_of("乙的小票"))

        assert (refused.outcome, refused.reason) == (Outcome.NOT_STARTED, Reason.PAPER_OUT)
        assert state == {"cable": "in", "paper": "in", "cover": "closed", "slips": 0}
        assert printed.outcome is Outcome.PRINTED
        (picture,) = slips.glob("*.png")
        text = read_slip_picture(picture).text

    assert "乙的小票" in text
    assert "甲的小票" not in text


def test_a_job_broken_off_by_paper_out_never_appears_on_the_next_visitors_paper(
    tmp_path: Path,
) -> None:
    with (
        in_thread(tmp_path, FaultPlan(paper_mm=40)) as link,
        device_at(str(link), PAPER_58_MM) as device,
    ):
        first = device.print_slip(paper_of("甲的申请", LONG))
        order(link, paper="in")
        second = device.print_slip(paper_of("乙的小票"))

        assert (first.outcome, first.reason) == (Outcome.INTERRUPTED, Reason.PAPER_OUT)
        assert second.outcome is Outcome.PRINTED
        torn, paper = (read_slip_picture(path) for path in sorted(tmp_path.glob("slips/*.png")))

    assert "甲的申请" in torn.text
    assert "甲的申请" not in paper.text
    assert "条例" not in paper.text


@pytest.mark.parametrize(
    ("plan", "outcome", "reason"),
    [
        (FaultPlan(cover_opens_at_mm=40), Outcome.INTERRUPTED, Reason.COVER_OPEN),
        (FaultPlan(unplug_at_byte=300), Outcome.INTERRUPTED, Reason.UNPLUGGED),
        (FaultPlan(is_dead=True), Outcome.NOT_STARTED, Reason.SILENT),
        (FaultPlan(noise=0.3), Outcome.PRINTED, Reason.NONE),
    ],
    ids=["cover", "unplugged", "silent", "garbage"],
)
def test_faults_on_a_real_line_have_their_outcome(
    tmp_path: Path, plan: FaultPlan, outcome: Outcome, reason: Reason
) -> None:
    with in_thread(tmp_path, plan) as link, device_at(str(link), PAPER_58_MM) as device:
        result = device.print_slip(paper_of(LONG))

        assert (outcome, reason) == (result.outcome, result.reason)


def test_a_port_held_by_another_process_is_called_busy(tmp_path: Path) -> None:
    with in_thread(tmp_path, FaultPlan()) as link:
        holder = SerialLink(str(link), baud=115200)

        with pytest.raises(LinkLost) as lost:
            SerialLink(str(link), baud=115200)

        holder.close()
        assert lost.value.reason == "busy"


def test_a_port_that_does_not_exist_is_called_absent(tmp_path: Path) -> None:
    with pytest.raises(LinkLost) as lost:
        SerialLink(str(tmp_path / "nothing"), baud=115200)

    assert lost.value.reason == "absent"


def test_the_spool_prints_over_the_line_and_picks_up_a_printer_that_comes_later(
    tmp_path: Path,
) -> None:
    told: list[tuple[str, str, str]] = []
    news = threading.Condition()

    def tell(job: str, outcome: str, reason: str) -> None:
        with news:
            told.append((job, outcome, reason))
            news.notify_all()

    def wait_for(count: int) -> None:
        with news:
            assert news.wait_for(lambda: len(told) >= count, DEADLINE_S), told

    clock = SystemClock()
    spool = open_spool(
        tmp_path / "agent.db", str(tmp_path / "printer"), clock=clock, on_outcome=tell
    )
    spool.submit("early", paper_of("一"), int(clock.now().timestamp()))
    wait_for(1)
    with in_thread(tmp_path, FaultPlan()):
        spool.submit("later", paper_of("二"), int(clock.now().timestamp()))
        wait_for(2)
        spool.close()

    assert told == [("early", "not_started", "absent"), ("later", "printed", "")]


def test_a_slip_printed_once_more_says_on_paper_which_copy_it_is(tmp_path: Path) -> None:
    done = threading.Semaphore(0)
    now = int(SystemClock().now().timestamp())
    with in_thread(tmp_path, FaultPlan()) as link:
        spool = open_spool(
            tmp_path / "agent.db",
            str(link),
            clock=SystemClock(),
            on_outcome=lambda *_: done.release(),
            model=PAPER_58_MM,
        )
        spool.submit("first", paper_of("一"), now)
        for job in ("second", "third"):
            spool.reprint(job, paper_of("一"), now)
        assert all(done.acquire(timeout=DEADLINE_S) for _ in range(3))
        used = spool.paper(SystemClock().now().date())
        spool.close()

    texts = [read_slip_picture(path).text for path in sorted(tmp_path.glob("slips/*.png"))]
    assert ["补打" in text for text in texts] == [False, True, True]
    assert [text.partition("】")[0] for text in texts[1:]] == ["【补打 1", "【补打 2"]
    assert used.days[0].printed == 3
    assert used.left_mm == PAPER_58_MM.roll_mm - used.days[0].used_mm


def test_nothing_is_left_half_written_in_the_folder_of_slips(tmp_path: Path) -> None:
    with in_thread(tmp_path, FaultPlan()) as link, device_at(str(link), PAPER_58_MM) as device:
        device.print_slip(paper_of("一"))
        device.print_slip(paper_of("二"))

    names = sorted(os.listdir(tmp_path / "slips"))  # noqa: PTH208 - names are what is compared
    assert names == [f"000{n}.{kind}" for n in (1, 2) for kind in ("json", "png", "txt")]
