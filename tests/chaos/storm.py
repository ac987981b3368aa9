"""Requests pour in while links, brokers, controllers and agents die; then everything must be there once."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from content.codes import code_from
from controller.store.database import Database
from controller.store.intake import ledger
from controller.store.requests import requests
from tests.chaos.zone import ChaosZone, Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PEACE_S = 300.0
"""How long the last request may take after the storm; waits between attempts grow to minutes."""
LONGEST_CUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    requests: int = 900
    terminals: int = 3
    cuts: int = 24
    broker_kills: int = 6
    controller_kills: int = 6
    agent_kills: int = 6
    pause_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of it all.

    Attributes:
        sent: requests that an agent said it keeps.
        registered: requests in the register.
        lost: sent, but not in the register.
        double: registered, or given a number, more than once.
        strange: registered without having been sent, or still kept by a terminal.
        duplicates: envelopes that came again and were absorbed.
        peace_s: seconds from the end of the storm to the last registration.
    """

    sent: int
    registered: int
    lost: int
    double: int
    strange: int
    duplicates: int
    peace_s: float

    @property
    def is_good(self) -> bool:
        return (self.lost, self.double, self.strange) == (0, 0, 0) and self.sent == self.registered

    @property
    def line(self) -> str:
        return (
            f"sent={self.sent} registered={self.registered} lost={self.lost} double={self.double}"
        )


async def rage(zone: ChaosZone, size: Size, *, dice: random.Random) -> Tally:
    """Let the storm pass over an open zone and count what is left."""
    clients = [
        asyncio.create_task(_visitors(one, size, dice=random.Random(dice.random())))  # noqa: S311
        for one in zone.terminals
    ]
    await _storm(zone, size, dice=dice)
    await asyncio.gather(*clients)
    began = asyncio.get_running_loop().time()
    await _settled(zone)
    peace_s = asyncio.get_running_loop().time() - began
    return await _count(zone, peace_s)


async def _visitors(terminal: Terminal, size: Size, *, dice: random.Random) -> None:
    """Hand in this terminal's share, spread over the storm."""
    share = size.requests // size.terminals + (size.requests % size.terminals > 0)
    for _ in range(share):
        await terminal.submit()
        await asyncio.sleep(dice.uniform(0, 2 * _length_s(size) / share))


def _length_s(size: Size) -> float:
    blows = size.cuts + size.broker_kills + size.controller_kills + size.agent_kills
    return 0.6 * blows * size.pause_s


async def _storm(zone: ChaosZone, size: Size, *, dice: random.Random) -> None:
    blows: list[Callable[[], Awaitable[None]]] = [
        *([lambda: _cut(zone, dice)] * size.cuts),
        *([zone.kill_broker] * size.broker_kills),
        *([zone.kill_controller] * size.controller_kills),
        *([lambda: dice.choice(zone.terminals).kill()] * size.agent_kills),
    ]
    dice.shuffle(blows)
    for blow in blows:
        await blow()
        await asyncio.sleep(dice.uniform(0.2, 1) * size.pause_s)


async def _cut(zone: ChaosZone, dice: random.Random) -> None:
    """Pull one terminal's cables for a while; others go on."""
    terminal = dice.choice(zone.terminals)
    cables = terminal.cables[1:] if zone.https_only else terminal.cables
    for cable in cables:
        cable.pull()
    await asyncio.sleep(dice.uniform(0.05, LONGEST_CUT_S))
    for cable in cables:
        cable.push()


async def _settled(zone: ChaosZone) -> None:
    """Wait until the register has everything and no terminal waits; the tally says what is missing."""
    want = sum(len(one.kept) for one in zone.terminals)
    end = asyncio.get_running_loop().time() + PEACE_S
    while asyncio.get_running_loop().time() < end:
        if len(await _codes(zone.state)) >= want and not sum(
            one.waiting() for one in zone.terminals
        ):
            return
        await asyncio.sleep(0.2)


async def _count(zone: ChaosZone, peace_s: float) -> Tally:
    kept = [key for one in zone.terminals for key in one.kept]
    codes = Counter(await _codes(zone.state))
    sent = {code_from(key) for key in kept}
    database = _database(zone.state)
    async with database.read() as c:
        rows = (await c.execute(select(ledger.c.number, ledger.c.dups))).all()
        numbers = Counter((await c.execute(select(requests.c.number))).scalars())
    await database.close()
    given = Counter(row.number for row in rows)
    return Tally(
        sent=len(kept),
        registered=codes.total(),
        lost=len(sent - set(codes)),
        double=sum(n - 1 for counts in (codes, numbers, given) for n in counts.values()),
        strange=len(set(codes) - sent)
        + len(set(numbers) ^ set(given))
        + sum(one.waiting() for one in zone.terminals),
        duplicates=sum(row.dups for row in rows),
        peace_s=peace_s,
    )


async def _codes(state: Path) -> list[str]:
    database = _database(state)
    async with database.read() as c:
        found = list((await c.execute(select(requests.c.code))).scalars())
    await database.close()
    return found


def _database(state: Path) -> Database:
    return Database(f"sqlite+aiosqlite:///{state / 'zone.db'}")
