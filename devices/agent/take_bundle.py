"""`python -m devices take-bundle`: take a bundle with the agent stopped, or hand it to the one that runs."""

import asyncio
import shutil
import sys
from pathlib import Path

from content.errors import ZoneError
from devices.agent import config
from devices.agent.app import alone
from devices.agent.bundles import BundleTaker, BundleUpstream, Taken
from devices.agent.config import BadConfig, Home, TerminalConfig
from devices.agent.disk import DiskReplica, OneThread
from devices.agent.faults import FaultBook
from devices.agent.sync import Sync
from devices.clock import Clock, SystemClock
from devices.wire.bundle_file import SUFFIX, BadBundle, BundleReader

HANDED_OVER = "终端程序正在运行，内容包已交给它校验，结果会显示在终端屏幕上。\n"


def main(home: Path, file: Path) -> int:
    """Take the bundle; return 0 if it was taken or handed over, 1 if it was refused, 2 if it could not be tried."""
    place = Home(home.resolve())
    try:
        settings = config.load(place)
        taken = _take_alone(place, settings, file)
    except ZoneError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if taken is None:
        sys.stdout.write(HANDED_OVER)
        return 0
    sys.stdout.write(f"{taken.sentence}\n")
    return 0 if taken.good else 1


def _take_alone(home: Home, settings: TerminalConfig, file: Path) -> Taken | None:
    """Take the bundle if no agent runs; None if one does and has been given it."""
    if not file.is_file():
        raise BadConfig(f"找不到内容包 {file}，请检查 U 盘是否插好、路径是否正确。")
    try:
        with alone(home):
            return asyncio.run(take(home, settings, file, clock=SystemClock()))
    except BadConfig:
        _hand_over(home, file)
        return None


async def take(home: Home, settings: TerminalConfig, file: Path, *, clock: Clock) -> Taken:
    """Verify and apply a bundle on the terminal's copy, which nobody else has open for writing."""
    disk = OneThread("bundle")
    replica = DiskReplica(home.replica, settings.root, clock=clock)
    faults = FaultBook(clock=clock, on_change=lambda: None)
    try:
        with BundleReader(file) as bundle:
            sync = Sync(
                replica,
                feeds=settings.feeds,
                upstream=BundleUpstream(bundle),
                faults=faults,
                disk=disk,
                on_moved=lambda _: None,
            )
            return await BundleTaker(sync, faults=faults).take(file)
    except BadBundle as error:
        return Taken(good=False, sentence=str(error))
    finally:
        disk.close()
        replica.close()


def _hand_over(home: Home, file: Path) -> None:
    home.bundles.mkdir(mode=0o700, exist_ok=True)
    part = home.bundles / f".{file.name}.part"
    shutil.copyfile(file, part)
    part.replace(home.bundles / f"{file.stem}{SUFFIX}")
