"""How long a revoked terminal's link stands: `python -m benchmarks.revocation [--terminals N]`.

Each terminal holds a link to a real broker; another process' deed (the store and the revocation list alone) revokes
it. The limit is two seconds; the last line is JSON with the ratio of the slowest to it.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiomqtt

from controller.services.enrolments import Enrolments
from controller.services.events import EventBus
from devices.clock import SystemClock
from tests.support.mosquitto import until
from tests.support.push_wing import ADMIN, Running, running
from tests.support.zone_ca import register, terminal_of, wall_now

LIMIT_S = 2.0


async def measure(terminals: int) -> list[float]:
    """Return for each terminal the seconds from the deed to the end of its link."""
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder)) as zone:
            await until(lambda: zone.wing.problems == ())
            return [await _one(zone, f"hall-{number}") for number in range(terminals)]


async def _one(zone: Running, device: str) -> float:
    issued = zone.ca.issue_device(device, now=wall_now())
    await register(zone.database, terminal_of(issued, device))
    enrolments = Enrolments(
        database=zone.database,
        ca=zone.ca,
        audit=zone.audit,
        events=EventBus(),
        clock=SystemClock(),
    )
    # The controller must have let it in before: it closes the links of those that it knew.
    await asyncio.sleep(1.2)
    began = 0.0
    try:
        async with zone.mqtt(issued) as link:
            began = time.monotonic()
            await enrolments.revoke(ADMIN, device, reason="benchmark")
            async for _ in link.messages:
                pass
    except aiomqtt.MqttError:
        return time.monotonic() - began
    raise AssertionError


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--terminals", type=int, default=12)
    spans = asyncio.run(measure(parser.parse_args().terminals))
    found = {
        "terminals": len(spans),
        "p50_s": round(statistics.median(spans), 3),
        "max_s": round(max(spans), 3),
        "limit_s": LIMIT_S,
        "ratio": round(max(spans) / LIMIT_S, 3),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
