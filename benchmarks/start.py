"""Seconds from process start to the kiosk's first usable frame, beside those of a bare Kivy window.

python -m benchmarks.start [RUNS]. The kiosk has an agent to talk to and a small replica of signed documents;
usable means: the first screen is drawn and its three services answer a touch. `listed_s` is when the newest
documents of the replica have been drawn too. Both processes run in turn, so that neighbours disturb both.
Both are compiled before, as installed packages are.
"""

import compileall
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec

from content.replica.writer import open_writer
from devices.ipc.messages import Glass, LinkState, Welcome, encode_line, read_to_agent
from tests.support.signers import FEED, ZoneKeys, document, item

SIZE = "1080x1920"
PATIENCE_S = 60.0
MOST_RATIO = 1.5
DOCUMENTS = 40
ROOT = Path(__file__).parents[1]
PACKAGES = ("content", "devices", "signage", "kiosk")


class SmallAgent:
    """An agent that says welcome to one UI at a time and notes when content is on glass."""

    def __init__(self, path: Path, welcome: Welcome) -> None:
        self.on_glass = threading.Event()
        self.glass_at = 0.0
        self._welcome = welcome
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            link, _ = self._server.accept()
            with link, link.makefile("rb") as lines:
                link.sendall(encode_line(self._welcome))
                link.sendall(encode_line(LinkState(online=True, last_contact=0)))
                for line in lines:
                    message = read_to_agent(line)
                    if isinstance(message, Glass) and message.sequences and message.item:
                        self.glass_at = time.monotonic()
                        self.on_glass.set()


def main() -> int:
    """Run both in turn and print the medians."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    for package in PACKAGES:  # as an installer does; of Kivy it has been done
        compileall.compile_dir(str(ROOT / package), quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        agent = SmallAgent(Path(folder) / "agent.sock", make_replica(Path(folder)))
        kiosk = [sys.executable, "-m", "kiosk", "--socket", f"{folder}/agent.sock", "--size", SIZE]
        bare = [sys.executable, str(Path(__file__).parent / "bare_kivy.py"), SIZE]
        seconds: dict[str, list[float]] = {"kiosk": [], "listed": [], "bare": []}
        measure(bare, None)  # warms the disk for both
        measure(kiosk, agent)
        for number in range(runs):
            bare_s, _ = measure(bare, None)
            kiosk_s, listed_s = measure(kiosk, agent)
            for name, value in (("kiosk", kiosk_s), ("listed", listed_s), ("bare", bare_s)):
                seconds[name].append(value)
            print(
                f"run {number + 1}: bare {bare_s:.2f} s, kiosk {kiosk_s:.2f} s, listed {listed_s:.2f} s"
            )
    report(seconds)
    return 0


def report(seconds: dict[str, list[float]]) -> None:
    """Print the medians and, last, one line of JSON."""
    median = {name: statistics.median(values) for name, values in seconds.items()}
    ratio = median["kiosk"] / median["bare"]
    verdict = "within" if ratio <= MOST_RATIO else "OVER"
    print(
        f"medians: bare {median['bare']:.2f} s, kiosk {median['kiosk']:.2f} s: {verdict} {MOST_RATIO}"
    )
    print(
        json.dumps(
            {
                "kiosk_s": round(median["kiosk"], 3),
                "listed_s": round(median["listed"], 3),
                "bare_s": round(median["bare"], 3),
                "runs": len(seconds["kiosk"]),
                "ratio": round(ratio, 3),
            }
        )
    )


def measure(command: list[str], agent: SmallAgent | None) -> tuple[float, float]:
    """Return seconds to the first frame, and to the newest documents on glass if there is an agent."""
    if agent is not None:
        agent.on_glass.clear()
    start = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        first = time.monotonic() - start
        if not line.endswith("first frame\n"):
            sys.exit(f"{command[1:3]} ended before its first frame")
        if agent is None:
            return first, first
        if not agent.on_glass.wait(PATIENCE_S):
            sys.exit("the kiosk never showed the newest documents")
        return first, agent.glass_at - start
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def make_replica(folder: Path) -> Welcome:
    """Return the Welcome of a terminal whose replica holds signed documents and one item."""
    keys = ZoneKeys()
    writer = open_writer(folder / "replica.db", keys.trust_root)
    writer.accept_policy(keys.policy().to_bytes())
    for number in range(DOCUMENTS):
        keys.publish(document(f"D{number:09}", title=f"关于做好第{number}批基层政务公开工作的通知"))
    keys.publish(item())
    writer.apply(FEED, keys.lines, now=1_790_000_000)
    writer.close()
    return Welcome(
        terminal="bench",
        site="政务服务大厅",
        region="519900",
        zone="示范县政务公开专区",
        public_url="https://localhost:8080",
        replica=str(folder / "replica.db"),
        trust_root=msgspec.to_builtins(keys.trust_root),
        attended=True,
        has_printer=True,
    )


if __name__ == "__main__":
    sys.exit(main())
