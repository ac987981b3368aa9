"""How evenly the kiosk draws while somebody types: on one core that another program uses half of.

    python -m benchmarks.search_frames [--items 2000] [--full-speed]

The real window (offscreen) over a real replica of signed items; questions are typed one character at a time, the search
runs as the kiosk runs it. Measured is the time from one frame to the next, waiting for its turn included: with nobody
typing, then typing with words only, then with the sentence model. Frames in which nothing had changed and nothing was
drawn are counted apart: of those alone that were drawn the figures are a harder judge. The last line is JSON; limit:
50 ms at the 99th percentile.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic, perf_counter

import msgspec

from benchmarks.judging.files import read_rows
from benchmarks.search_latency import item_names
from content.feed.policy import TrustRoot
from content.replica.curated_reader import CuratedReader
from content.replica.meaning import MeaningMaker
from content.replica.searching import Models
from content.replica.sentences import open_sentences
from content.replica.writer import open_writer
from devices.clock import SystemClock
from tests.support.signers import FEED, ZoneKeys, item

LIMIT_MS = 50.0
SIZE = (1080, 1920)
REGION = "519900"
QUESTIONS = 12
KEY_S = 0.25
"""Between two characters: four a second."""
QUIET_S = 5.0
GOLDEN = Path("tests/golden")
BUSY = "while True: pass"
ROOT = "root.json"
NOW = 1_790_000_000

Frames = list[tuple[float, bool]]
"""Milliseconds of each, and whether anything was drawn."""


def main() -> int:
    """Fill a replica, then measure in a process that is held to one core."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--full-speed", action="store_true", help="nobody else on the core")
    parser.add_argument("--type-on", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.type_on:
        sys.stdout.write(json.dumps(_typed_on(options.type_on)) + "\n")
        return 0
    core = min(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        _fill(Path(folder) / "replica.db", options.items)
        os.sched_setaffinity(0, {core})
        busy = None if options.full_speed else subprocess.Popen([sys.executable, "-c", BUSY])
        try:
            found = _in_own_process(Path(folder))
        finally:
            if busy is not None:
                busy.kill()
                busy.wait()
    said = {"benchmark": "search_frames", "limit_p99_ms": LIMIT_MS, "items": options.items}
    sys.stdout.write(json.dumps({**said, "half_speed": not options.full_speed, **found}) + "\n")
    return 0


def _in_own_process(folder: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "benchmarks.search_frames", "--type-on", str(folder)]
    env = {**os.environ, "SDL_VIDEODRIVER": "offscreen", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=env)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def _fill(path: Path, items: int) -> None:
    keys, names = ZoneKeys(), item_names()
    writer = open_writer(path, keys.trust_root)
    writer.accept_policy(keys.policy().to_bytes())
    for at in range(items):
        keys.publish(
            item(f"T{at:09}", f"{names[at % len(names)]}（{at // len(names)}）", aliases=())
        )
    writer.apply(FEED, keys.lines, now=NOW)
    writer.close()
    path.with_name(ROOT).write_bytes(msgspec.json.encode(keys.trust_root))


def _typed_on(folder: Path) -> dict[str, object]:
    """Type in this process's window."""
    window = _Window(folder)
    found: dict[str, object] = {"idle": _summary(window.watch(QUIET_S))}
    questions = [row.needed("question") for row in read_rows(GOLDEN / "search_questions.jsonl")]
    found["typing, words only"] = _summary(window.type(questions[:QUESTIONS]))
    sentence = open_sentences(most_s=5.0)
    if sentence is None:
        found["typing, with meaning"] = None
        return found
    maker = MeaningMaker(folder / "replica.db", Models(sentence=sentence))
    while maker.step(64):
        sys.stderr.write("{} of {} vectors\n".format(*maker.progress()))
    maker.close()
    window.content.use_models(Models(sentence=sentence))
    found["typing, with meaning"] = _summary(window.type(questions[QUESTIONS : 2 * QUESTIONS]))
    return found


class _Window:
    """The kiosk's window, drawn frame by frame."""

    def __init__(self, folder: Path) -> None:
        from signage.kit.environment import TOUCHED_FPS, WindowSettings, prepare

        window = WindowSettings(size=SIZE, touch=False, max_fps=TOUCHED_FPS)
        prepare(Path(tempfile.mkdtemp(prefix="kivy-")), window)
        from kivy.graphics.opengl import glFinish

        from kiosk.app import KioskApp
        from kiosk.flows.session import SessionSettings
        from kiosk.seeker import BesideSeeker
        from tests.support.fake_kiosk import FakeAgent, FakeClock, FakeContent, make_ports, welcome
        from tests.ui.driver import Ui

        root = msgspec.json.decode((folder / ROOT).read_bytes(), type=TrustRoot)
        self.content = CuratedReader(folder / "replica.db", root, region=REGION)
        shown = CuratedReader(folder / "replica.db", root, region=REGION)
        # A window that is shown nowhere is never swapped: the library would put the drawing of many frames off and
        # pay for all of them in one. A display waits for each.
        self._finish = glFinish
        agent = FakeAgent()
        ports = replace(
            make_ports(agent, FakeClock(), FakeContent()),
            clock=SystemClock(),
            open_content=lambda _: shown,
            open_seeker=lambda _, words: BesideSeeker(
                self.content, words, at_end=self.content.close
            ),
        )
        self._app = KioskApp(
            ports=ports, link=agent, settings=SessionSettings(), on_ready=lambda: None
        )
        self._ui = Ui(self._app)
        agent.queued.append(welcome(replica=str(folder / "replica.db")))
        self._ui.wait(lambda: not agent.queued and self._app.kiosk.has_content, "welcome")
        self._app.do("open_search")
        self.watch(1.0)
        keyboard = self._app._dock.keyboard  # noqa: SLF001 - where the keys of a screen go
        assert keyboard is not None
        self._field = keyboard.target

    def watch(self, seconds: float) -> Frames:
        """Draw for so long; return the milliseconds of each frame."""
        frames: Frames = []
        end = monotonic() + seconds
        while monotonic() < end:
            begun, drawn = perf_counter(), self._app.frames.frames
            self._ui.pump()
            self._finish()
            took = (perf_counter() - begun) * 1000
            frames.append((took, self._app.frames.frames > drawn))
        return frames

    def type(self, questions: Sequence[str]) -> Frames:
        """Type each question, wait for its results, and empty the field."""
        frames: Frames = []
        for question in questions:
            for sign in question:
                self._field.insert_text(sign)
                frames += self.watch(KEY_S)
            frames += self.watch(4 * KEY_S)
            self._field.text = ""
            frames += self.watch(KEY_S)
        return frames


def _summary(frames: Frames) -> dict[str, object]:
    drawn = [took for took, is_drawn in frames if is_drawn]
    every = [took for took, _ in frames]
    return {**_figures(every), "drawn": _figures(drawn) if len(drawn) > 1 else None}


def _figures(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {
        "frames": len(times),
        "p50_ms": round(cuts[49], 1),
        "p99_ms": round(cuts[98], 1),
        "worst_ms": round(max(times), 1),
    }


if __name__ == "__main__":
    sys.exit(main())
