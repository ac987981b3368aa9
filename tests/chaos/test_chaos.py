"""A short storm in every test run; the long one, also over HTTPS alone, is `make chaos`."""

import random
from pathlib import Path

import pytest

from tests.chaos.storm import Size, rage
from tests.chaos.zone import ChaosZone
from tests.support.mosquitto import HAS_MOSQUITTO

SHORT = Size(
    requests=60,
    terminals=2,
    cuts=3,
    broker_kills=1,
    controller_kills=1,
    agent_kills=1,
    pause_s=0.5,
)


@pytest.mark.chaos
@pytest.mark.timeout(180)
@pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
async def test_every_request_kept_in_a_storm_is_registered_once(tmp_path: Path) -> None:
    zone = ChaosZone(tmp_path)
    try:
        await zone.open(SHORT.terminals)
        tally = await rage(zone, SHORT, dice=random.Random(20261122))  # noqa: S311 - no secret
    finally:
        await zone.close()

    assert tally.is_good, f"{tally}\n{zone.outputs()}"
