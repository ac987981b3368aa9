"""Enrol a terminal from the command line: the folder it starts from, and its place in the register."""

import argparse
import asyncio
import sys
from pathlib import Path

from aiohttp import web

from content.regions import check_region
from controller import keys
from controller.broker.pki import ZoneCa
from controller.commands.offline import offline
from controller.config import load_config
from controller.enrol import enrol_terminal
from controller.services.pairings import Placement
from devices.drivers.printer.model import sheet

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


def enrol_fleet(options: argparse.Namespace) -> int:
    """Enrol many terminals at once: for the fleet simulator, or for a county's first delivery."""
    asyncio.run(_enrol_fleet(options))
    sys.stdout.write(f"{options.count} 台终端已登记，目录在 {options.out} 下。\n")
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
    async with offline(load_config(options.state)) as app:
        place = _placement(options, device=options.id, site=options.site)
        await _register(app, place, out=options.out, in_place=options.replace)


async def _enrol_fleet(options: argparse.Namespace) -> None:
    async with offline(load_config(options.state)) as app:
        width = len(str(options.count))
        for number in range(1, options.count + 1):
            one = f"{options.prefix}-{number:0{width}}"
            site = f"{options.site}{number}" if options.site_each else options.site
            place = _placement(options, device=one, site=site)
            await _register(app, place, out=options.out / one)


def _placement(options: argparse.Namespace, *, device: str, site: str) -> Placement:
    return Placement(
        device=device,
        site=site,
        region=check_region(options.region),
        attended=options.attended,
        screens=tuple(options.screen) or ("kiosk",),
        printer=options.printer,
        printer_model=_known_model(options.printer_model),
    )


def _known_model(key: str) -> str:
    """Return the key of a sheet that there is: a wrong one would stop the terminal's agent where it stands."""
    sheet(key)
    return key


async def _register(
    app: web.Application, place: Placement, *, out: Path, in_place: bool = False
) -> None:
    config, now = app[keys.CONFIG], app[keys.CLOCK].now()
    await enrol_terminal(
        ca=ZoneCa.open_or_create(config.state / "ca", zone=config.zone, now=now),
        database=app[keys.DATABASE],
        terminal=await app[keys.TERMINAL_SETTINGS].of(place),
        out=out,
        now=now,
        replace=in_place,
    )
