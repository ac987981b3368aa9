"""The kiosk as a process: it starts, shows signed content, ends when told to, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from benchmarks.start import SmallAgent, make_replica
from tests.support.observed_kiosk import find, observe

pytestmark = pytest.mark.ui

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0


class Process:
    """A kiosk that was started for this test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.observer = folder / "observe.sock"
        env = dict(os.environ)
        if "DISPLAY" not in env:
            env["SDL_VIDEODRIVER"] = "offscreen"
        command = [sys.executable, "-m", "tests.support.observed_kiosk"]
        command += ["--observe", str(self.observer), "--socket", str(folder / "agent.sock")]
        self.process = subprocess.Popen(
            [*command, "--size", "1080x1920"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def first_frame(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def wait_for(self, label: str) -> dict[str, Any]:
        end = monotonic() + PATIENCE_S
        while monotonic() < end:
            widget = find(observe(self.observer)["tree"], label)
            if widget is not None:
                return widget
        raise AssertionError(f"{label} was never there")

    def end(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, errors


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Process]:
    started = Process(tmp_path)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.communicate()


def test_without_an_agent_the_first_screen_stands_and_sigterm_ends_it(kiosk: Process) -> None:
    assert kiosk.first_frame() == "kiosk first frame\n"
    service = kiosk.wait_for("申请公开")
    assert min(service["rect"]) >= 0

    code, errors = kiosk.end()

    assert code == 0
    assert "Traceback" not in errors


def test_signed_documents_of_the_replica_are_listed(tmp_path: Path) -> None:
    SmallAgent(tmp_path / "agent.sock", make_replica(tmp_path))
    kiosk = Process(tmp_path)
    try:
        kiosk.first_frame()
        kiosk.wait_for("文件：关于做好第")
        code, errors = kiosk.end()
    finally:
        kiosk.process.kill()
    kept = [p for p in (tmp_path / "kivy").rglob("*") if p.is_file() and "icon" not in p.parts]

    assert (code, "Traceback" in errors) == (0, False)
    assert kept == []
