"""What keeps an agent's house beside its talk: freshness, sticks, the diary. Made here to keep app.py short."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devices.agent.bundles import BundleTaker, BundleWatch
from devices.agent.chronicle import Chronicle
from devices.agent.config import Home, TerminalConfig
from devices.agent.diary import Diary
from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.agent.following import Follower, Following
from devices.agent.freshness import Freshness
from devices.agent.high_water import HighWater
from devices.agent.ports import Replica
from devices.agent.report import Reporter
from devices.agent.sealing import new_sealer
from devices.agent.sync import Sync
from devices.clock import Clock
from devices.wire.messages import Hello

if TYPE_CHECKING:
    from devices.agent.tasks import Loop


@dataclass(frozen=True, slots=True)
class House:
    """What the upkeep works on. `online`, `tell` and `stir` are asked when they are needed."""

    home: Home
    settings: TerminalConfig
    clock: Clock
    faults: FaultBook
    reporter: Reporter
    replica: Replica
    sync: Sync
    disk: OneThread
    copy: OneThread
    online: Callable[[], bool]
    tell: Callable[[str], None]
    stir: Callable[[], None]


class Upkeep:
    """The parts of the upkeep. `links` are what feeds are heard over, asked for when they are needed."""

    def __init__(
        self,
        house: House,
        store: sqlite3.Connection,
        *,
        boot: str,
        links: Callable[[], Sequence[Follower]],
    ) -> None:
        freshness = _freshness(house)
        self._high_water = HighWater(store, faults=house.faults, disk=house.disk)
        self._following = Following(
            house.replica,
            enrolled=house.settings.feeds,
            followers=lambda: (house.sync, freshness, *links()),
            disk=house.copy,
        )
        self.loops: dict[str, Loop] = {
            "high water": self._high_water.run,
            "following": self._following.run,
            "freshness": freshness.run,
            "bundles": _bundles(house).run,
            "chronicle": _chronicle(house, store, boot).run,
        }

    async def begin(self, held: Hello) -> None:
        """Compare what is held with what was, and follow what the kept policy asks for."""
        await self._high_water.begin(held.applied)
        await self._following.look()

    def moved(self, held: Hello) -> None:
        """Take note of what is held now."""
        self._high_water.moved(held.applied)
        self._following.moved(held)


def _freshness(house: House) -> Freshness:
    return Freshness(
        house.replica,
        feeds=house.settings.feeds,
        faults=house.faults,
        disk=house.copy,
        clock=house.clock,
        online=house.online,
    )


def _bundles(house: House) -> BundleWatch:
    mounted = (Path(house.settings.bundles),) if house.settings.bundles else ()
    taker = BundleTaker(house.sync, faults=house.faults, tell=house.tell)
    return BundleWatch(taker, folders=(house.home.bundles, *mounted))


def _chronicle(house: House, store: sqlite3.Connection, boot: str) -> Chronicle:
    settings = house.settings
    sealer = new_sealer(
        device=settings.id, boot=boot, seal_key=settings.seal_key, key_file=house.home.key
    )
    chronicle = Chronicle(
        Diary(store, sealer=sealer),
        reporter=house.reporter,
        clock=house.clock,
        disk=house.disk,
        on_closed=house.stir,
    )
    house.reporter.on_drawn = chronicle.drawn
    return chronicle
