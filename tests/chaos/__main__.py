"""Run the storm at full size, over MQTT and then over HTTPS alone: `python -m tests.chaos --help`."""

import argparse
import asyncio
import random
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.chaos.storm import Size, Tally, rage
from tests.chaos.zone import ChaosZone

WAYS = ("mqtt", "https")


def main() -> int:
    full = Size()
    parser = argparse.ArgumentParser("python -m tests.chaos")
    parser.add_argument("--requests", type=int, default=full.requests)
    parser.add_argument("--terminals", type=int, default=full.terminals)
    parser.add_argument("--cuts", type=int, default=full.cuts)
    parser.add_argument("--kills", type=int, default=full.agent_kills, help="of each kind")
    parser.add_argument("--pause", type=float, default=full.pause_s, help="between blows, seconds")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--way", choices=(*WAYS, "both"), default="both")
    options = parser.parse_args()
    size = Size(
        requests=options.requests,
        terminals=options.terminals,
        cuts=options.cuts,
        broker_kills=options.kills,
        controller_kills=options.kills,
        agent_kills=options.kills,
        pause_s=options.pause,
    )
    ways = WAYS if options.way == "both" else (options.way,)
    tallies = [asyncio.run(_one(way, size, seed=options.seed)) for way in ways]
    whole = tallies[0]
    for more in tallies[1:]:
        whole = _sum(whole, more)
    sys.stdout.write(f"{whole.line}\n")
    return 0 if all(one.is_good for one in tallies) else 1


async def _one(way: str, size: Size, *, seed: int) -> Tally:
    sys.stdout.write(f"{way}: {size} seed={seed}\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        zone = ChaosZone(Path(folder), https_only=way == "https")
        try:
            await zone.open(size.terminals)
            tally = await rage(zone, size, dice=random.Random(seed))  # noqa: S311 - no secret
            if not tally.is_good:
                sys.stdout.write(zone.outputs() + "\n")
        finally:
            await zone.close()
    more = f"strange={tally.strange} absorbed={tally.duplicates} peace={tally.peace_s:.1f}s"
    sys.stdout.write(f"{way}: {tally.line} {more}\n")
    sys.stdout.flush()
    return tally


def _sum(one: Tally, other: Tally) -> Tally:
    return replace(
        one,
        sent=one.sent + other.sent,
        registered=one.registered + other.registered,
        lost=one.lost + other.lost,
        double=one.double + other.double,
        strange=one.strange + other.strange,
    )


if __name__ == "__main__":
    sys.exit(main())
