"""Enrol a terminal from the command line: the folder it starts from, and its place in the register."""

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from content.regions import check_region
from controller import keys
from controller.broker.pki import ZoneCa
from controller.commands.offline import offline
from controller.config import ZoneConfig, load_config
from controller.enrol import enrol_terminal
from devices.agent.config import Address, TerminalConfig


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


async def _enrol(options: argparse.Namespace) -> None:
    config = load_config(options.state)
    async with offline(config) as app:
        terminal = await _terminal(app, options.id, options)
        await _register(app, terminal, out=options.out, in_place=options.replace)


async def _enrol_fleet(options: argparse.Namespace) -> None:
    config = load_config(options.state)
    async with offline(config) as app:
        width = len(str(options.count))
        first = await _terminal(app, "", options)
        for number in range(1, options.count + 1):
            one = f"{options.prefix}-{number:0{width}}"
            site = f"{options.site}{number}" if options.site_each else options.site
            terminal = replace(first, id=one, site=site, broker=_broker(app[keys.CONFIG], one))
            await _register(app, terminal, out=options.out / one)


async def _terminal(app: web.Application, name: str, options: argparse.Namespace) -> TerminalConfig:
    config = app[keys.CONFIG]
    return TerminalConfig(
        id=name,
        zone=config.zone,
        site=options.site,
        region=check_region(options.region),
        attended=options.attended,
        feeds=config.all_feeds,
        public_url=config.public_url,
        broker=_broker(config, name),
        api_url=f"https://{config.api.name}:{config.api.port}",
        seal_key=app[keys.KEYRING].seal_public,
        root=await app[keys.POLICIES].root(),
        screens=tuple(options.screen) or ("kiosk",),
        start_ui=True,
        printer=options.printer,
    )


def _broker(config: ZoneConfig, device: str) -> Address:
    host, port = config.broker.address_for(device)
    return Address(host=host, port=port)


async def _register(
    app: web.Application, terminal: TerminalConfig, *, out: Path, in_place: bool = False
) -> None:
    config, now = app[keys.CONFIG], app[keys.CLOCK].now()
    await enrol_terminal(
        ca=ZoneCa.open_or_create(config.state / "ca", zone=config.zone, now=now),
        database=app[keys.DATABASE],
        terminal=terminal,
        out=out,
        now=now,
        replace=in_place,
    )
