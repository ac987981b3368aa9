"""receiptio, a printing client by other hands, prints on our simulator and says what befell it."""

import selectors
import shutil
import subprocess
from pathlib import Path

import pytest

from devices.drivers.printer.model import PAPER_80_MM
from devices.sim.lines import Line, TcpLine
from devices.sim.printer.faults import HEALTHY, FaultPlan
from tests.support.hosted_printer import hosted

ROOT = Path(__file__).parents[2]
RECEIPTIO = ROOT / "build/oracles/node_modules/receiptio/bin/cli.js"
NODE = shutil.which("node", path=str(ROOT / ".venv/bin")) or shutil.which("node")
HOST, PORT = "127.0.0.91", 9100
"""receiptio knows no other port; an address of our own on loopback keeps it free."""

DEADLINE_S = 60
RECEIPT = "^^^政务公开专区\n\n申请人 | 㛃某某\n收费 | ￥0.00\n{c:https://zone.example/d/7KQ2M9XD4F; o:qr,5,M}\n"

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(
        NODE is None or not RECEIPTIO.exists(),
        reason="receiptio is not installed (node and npm are needed): make oracles",
    ),
]


def its_own_line(selector: selectors.BaseSelector) -> Line:
    return TcpLine(PORT, selector, host=HOST)


def print_with_receiptio() -> str:
    """Return the word that receiptio ends with."""
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(RECEIPTIO), "-d", HOST, "-l", "zh-hans", "-p", "generic", "-t", "10"],
        input=RECEIPT, capture_output=True, text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    return done.stderr.strip()


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        (HEALTHY, "success"),
        (FaultPlan(paper_mm=0), "paperempty"),
        (FaultPlan(cover_opens_at_mm=0), "coveropen"),
        (FaultPlan(error_at_mm=0), "error"),
        (FaultPlan(is_dead=True), "offline"),
    ],
    ids=["healthy", "paper out", "cover open", "error", "dead"],
)
def test_receiptio_is_told_what_the_plan_says(tmp_path: Path, plan: FaultPlan, word: str) -> None:
    with hosted(tmp_path, plan, model=PAPER_80_MM, make_line=its_own_line):
        assert print_with_receiptio() == word


def test_what_receiptio_prints_is_what_our_simulator_reads(tmp_path: Path) -> None:
    with hosted(tmp_path, HEALTHY, model=PAPER_80_MM, make_line=its_own_line):
        assert print_with_receiptio() == "success"

    (text,) = tmp_path.glob("slips/*.txt")
    assert "政务公开专区" in text.read_text("utf-8")
