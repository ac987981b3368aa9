"""Enrol a terminal from the command line: the folder it starts from, and its place in the register."""

import argparse
import asyncio
import sys

from content.regions import check_region
from controller import keys
from controller.broker.pki import ZoneCa
from controller.commands.offline import offline
from controller.config import load_config
from controller.enrol import enrol_terminal
from controller.services.pairings import Placement

COMMAND = "command_line"
"""Who did it, in the audit log: whoever has the state folder may do anything with it."""


def enrol(options: argparse.Namespace) -> int:
    """Enrol a terminal."""
    asyncio.run(_enrol(options))
    sys.stdout.write(
        f"终端 {options.id} 已登记，目录：{options.out}。"
        f"把它安全地复制到终端后运行：python -m devices agent --home {options.out}\n"
    )
    return 0


def revoke(options: argparse.Namespace) -> int:
    """Keep a terminal out from now on."""
    asyncio.run(_revoke(options))
    sys.stdout.write(
        f"终端 {options.id} 已停用：运行中的控制端会在两秒内断开它的连接，并不再接受它的证书。\n"
    )
    return 0


async def _revoke(options: argparse.Namespace) -> None:
    async with offline(load_config(options.state)) as app:
        await app[keys.ENROLMENTS].revoke_as(COMMAND, options.id, reason=options.reason)


async def _enrol(options: argparse.Namespace) -> None:
    config = load_config(options.state)
    async with offline(config) as app:
        clock = app[keys.CLOCK]
        place = Placement(
            device=options.id,
            site=options.site,
            region=check_region(options.region),
            attended=options.attended,
            screens=tuple(options.screen) or ("kiosk",),
            printer=options.printer,
        )
        await enrol_terminal(
            ca=ZoneCa.open_or_create(config.state / "ca", zone=config.zone, now=clock.now()),
            database=app[keys.DATABASE],
            terminal=await app[keys.TERMINAL_SETTINGS].of(place),
            out=options.out,
            now=clock.now(),
            replace=options.replace,
        )
