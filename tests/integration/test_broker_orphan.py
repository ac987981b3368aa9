"""A controller that is killed takes its broker with it: the port must be free for the next one."""

import asyncio
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.support.mosquitto import DEADLINE_S, HAS_MOSQUITTO

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
    pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed"),
]
CONTROLLER = """
import asyncio, pathlib, sys
from tests.support.mosquitto import running_zone

async def main():
    async with running_zone(pathlib.Path(sys.argv[1])) as zone:
        await zone.broker.started()
        print(zone.broker.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_broker_does_not_outlive_a_killed_controller(tmp_path: Path) -> None:
    controller = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CONTROLLER, str(tmp_path), stdout=PIPE
    )
    assert controller.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        broker = int(await controller.stdout.readline())

        controller.send_signal(signal.SIGKILL)
        await controller.wait()

        while is_alive(broker):  # noqa: ASYNC110 - what is waited for is another process
            await asyncio.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody waits for stays as a zombie in a container without an init.
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
