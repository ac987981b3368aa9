"""Seconds from an approver's signature to the last terminal's acknowledgement in the store, beside a bare exchange.

python -m benchmarks.fanout --terminals 1000. A whole controller (desk, store, mosquitto with mutual TLS) publishes one
signed entry of 2 KB to a fleet of simulated terminals in other processes (devices.sim.fleet). A sample keeps real
replicas: it verifies and applies before it acknowledges. The bare exchange is the same bytes, said by the controller's
own MQTT library over the same broker to the same processes, answered by as many bare messages: nothing is parsed,
judged or stored.
"""

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from benchmarks.fanout_zone import (
    BARE,
    FleetZone,
    apply_cost_ms,
    open_fleet_zone,
    publish,
    rss_kib,
)
from controller.services.terminal_words import Word
from controller.services.terminals import Terminals
from devices.sim.fleet.fleet import more_sockets
from devices.wire.messages import DeviceState, Report, StateMessage

MOST_RATIO = 3.0
PATIENCE_S = 300.0


@dataclass
class Ear:
    """Notes when what terminals said has been committed."""

    feed: str
    want: int = 1
    reports: dict[str, float] = field(default_factory=dict)
    births: dict[str, float] = field(default_factory=dict)

    def listen(self, terminals: Terminals) -> None:
        """Stand behind the store's commit."""
        said = terminals.said

        async def heard(words: Sequence[Word]) -> None:
            await said(words)
            now = time.perf_counter()
            for word in words:
                self._note(word, now)

        setattr(terminals, "said", heard)  # noqa: B010 - mypy forbids to assign to a method

    def expect(self, sequence: int) -> None:
        """Begin to wait for a sequence."""
        self.want = sequence
        self.reports.clear()
        self.births.clear()

    def _note(self, word: Word, now: float) -> None:
        match word.said:
            case Report(applied=applied) if self.feed in applied:
                if applied[self.feed].sequence >= self.want:
                    self.reports.setdefault(word.device, now)
            case StateMessage(s=DeviceState.READY):
                self.births.setdefault(word.device, now)
            case _:
                pass


@dataclass
class Run:
    """One publication and one bare exchange, in seconds."""

    last_s: float
    bare_s: float
    each_s: list[float]


def main() -> int:
    """Measure and print; the last line is JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--terminals", type=int, default=200)
    parser.add_argument("--sample", type=int, default=100, help="how many keep a real replica")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    more_sockets()
    with tempfile.TemporaryDirectory(prefix="fanout-") as folder:
        found = uvloop.run(measure(Path(folder), options))
    report(found)
    return 0


async def measure(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Run the whole and return the figures."""
    count, sample = options.terminals, min(options.sample, options.terminals)
    async with open_fleet_zone(folder, count=count) as zone:
        ear = Ear(zone.feed)
        ear.listen(zone.terminals)
        before = rss_kib(os.getpid()), rss_kib(zone.broker_pid())
        start = time.perf_counter()
        fleet = await start_fleet(zone, options, sample)
        try:
            await until(lambda: len(ear.reports) == count, "first reports")
            start_s = time.perf_counter() - start
            print(f"{count} terminals there after {start_s:.1f} s")
            after = rss_kib(os.getpid()), rss_kib(zone.broker_pid())
            runs = [await one_run(zone, ear, count) for _ in range(options.runs)]
            storm_s = await storm(fleet, ear, count)
            check_sample(zone, sample)
        finally:
            with suppress(ProcessLookupError):
                fleet.terminate()
            await fleet.wait()
    return {
        **figures(runs, count, sample),
        "start_s": round(start_s, 2),
        "storm_s": round(storm_s, 2),
        "controller_kib_per_terminal": round((after[0] - before[0]) / count, 1),
        "broker_kib_per_terminal": round((after[1] - before[1]) / count, 1),
        "verify_apply_ms": round(apply_cost_ms(folder), 2),
    }


async def start_fleet(zone: FleetZone, options: argparse.Namespace, sample: int) -> Process:
    """Start the simulator; return once all have been connected."""
    fleet = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "devices", "simulate", "fleet"),
        *("--homes", str(zone.homes), "--processes", str(options.processes)),
        *("--real", str(sample), "--echo", BARE),
        stdout=PIPE,
    )
    assert fleet.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        line = await fleet.stdout.readline()
    assert line.split()[:1] == [b"ready"], line
    return fleet


async def one_run(zone: FleetZone, ear: Ear, count: int) -> Run:
    """Publish once, then say the same bytes bare."""
    signing = await publish(zone)
    ear.expect(signing.sequence)
    start = time.perf_counter()
    await signing.sign()
    await until(lambda: len(ear.reports) == count, "acknowledgements")
    each = sorted(at - start for at in ear.reports.values())
    await asyncio.sleep(1.5)  # the sample says again what its windows would show
    bare = await bare_exchange(zone, await zone.line(signing.sequence), count)
    print(f"publication {signing.sequence}: last {each[-1]:.3f} s, bare {bare:.3f} s", flush=True)
    return Run(each[-1], bare, each)


async def bare_exchange(zone: FleetZone, data: bytes, count: int) -> float:
    """Return the seconds that the same bytes and as many bare answers need."""
    async with zone.probe() as client:
        await client.subscribe("z/1/d/+/bare", qos=1)
        start = time.perf_counter()
        await client.publish(BARE, data, qos=1)
        async with asyncio.timeout(PATIENCE_S):
            messages = aiter(client.messages)
            for _ in range(count):
                await anext(messages)
        return time.perf_counter() - start


async def storm(fleet: Process, ear: Ear, count: int) -> float:
    """Pull every plug at once; return seconds until each is back, has said what it holds, and both are stored."""
    ear.expect(ear.want)
    start = time.perf_counter()
    fleet.send_signal(signal.SIGUSR1)
    await until(lambda: len(ear.births) == count and len(ear.reports) == count, "the storm's end")
    return max(*ear.births.values(), *ear.reports.values()) - start


async def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something, or end with its name."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - looked at rarely on purpose: it must not cost the controller
                await asyncio.sleep(0.02)
    except TimeoutError:
        sys.exit(f"gave up waiting for {what}")


def check_sample(zone: FleetZone, sample: int) -> None:
    """See in the files of the sample that each holds what was published last."""
    for home in sorted(zone.homes.iterdir())[:sample]:
        with sqlite3.connect(f"file:{home / 'replica.db'}?mode=ro", uri=True) as replica:
            rows = replica.execute("SELECT sequence FROM feed WHERE feed = ?", (zone.feed,))
            assert rows.fetchone() == (zone.sequence,), home.name


def figures(runs: list[Run], count: int, sample: int) -> dict[str, object]:
    """Return medians of the runs and quantiles over all terminals of all runs."""
    last = statistics.median(run.last_s for run in runs)
    bare = statistics.median(run.bare_s for run in runs)
    cuts = statistics.quantiles([one for run in runs for one in run.each_s], n=100)
    return {
        "terminals": count,
        "sample": sample,
        "last_s": round(last, 3),
        "bare_s": round(bare, 3),
        "ratio": round(last / bare, 3),
        "p50_s": round(cuts[49], 3),
        "p95_s": round(cuts[94], 3),
        "p99_s": round(cuts[98], 3),
    }


def report(found: dict[str, object]) -> None:
    """Print the verdict and, last, one line of JSON."""
    ratio = found["ratio"]
    assert isinstance(ratio, float)
    print(f"ratio {ratio}: {'within' if ratio <= MOST_RATIO else 'OVER'} {MOST_RATIO}")
    print(json.dumps(found))


if __name__ == "__main__":
    sys.exit(main())
