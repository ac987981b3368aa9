"""Make bundles for the desk while the person waits: who asked, for which terminals, how far, and the file.

A bundle holds public, signed content only. The newest few files are kept; a restart of the controller drops them all,
for they are made anew in a moment.
"""

import asyncio
import logging
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from content.errors import CallerError, NotFound, ZoneError
from controller.auth.permissions import Permission, require
from controller.services.audit import AuditLog
from controller.services.bundles import Bundles
from controller.services.terminal_status import TerminalStatus
from controller.store.database import Database
from controller.store.people import Person
from devices.clock import Clock
from devices.wire.bundle_file import SUFFIX

logger = logging.getLogger(__name__)

MOST_KEPT = 3
FAILED = (
    "内容包没有做成，服务器磁盘可能已满。请检查磁盘空间后重新制作；如仍失败，请查看服务器日志。"
)


class MakingState(StrEnum):
    """How far a bundle is."""

    WORKING = "working"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Making:
    """A bundle that is being made, or was.

    Attributes:
        id: of the file.
        by: person id.
        begun: unix seconds.
        terminals: how many it is meant for.
        region: the only region it is meant for, "" for no such limit.
        feeds: what goes in.
        done, total: lines so far, and in all.
        problem: why it failed, for who asked.
        size: bytes of the file.
    """

    id: str
    by: str
    begun: int
    terminals: int
    region: str
    feeds: tuple[str, ...]
    state: MakingState = MakingState.WORKING
    done: int = 0
    total: int = 0
    problem: str = ""
    size: int = 0


class BundleMaking:
    """The use cases about bundles at the desk."""

    def __init__(
        self, bundles: Bundles, folder: Path, *, database: Database, audit: AuditLog, clock: Clock
    ) -> None:
        self._bundles = bundles
        self._folder = folder
        self._database = database
        self._audit = audit
        self._clock = clock
        self._makings: dict[str, Making] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def list(self, by: Person) -> tuple[Making, ...]:
        """Return what is being made and what can be fetched, the newest first.

        Raises:
            Forbidden: not an administrator.
        """
        require(by, Permission.MANAGE_TERMINALS)
        return tuple(reversed(self._makings.values()))

    async def begin(
        self, by: Person, terminals: Iterable[TerminalStatus], *, region: str = ""
    ) -> Making:
        """Begin to make a bundle of all that these terminals hold.

        Raises:
            Forbidden: not an administrator.
            CallerError: no terminal, nothing published, or one is being made already.
        """
        require(by, Permission.MANAGE_TERMINALS)
        chosen = tuple(terminals)
        if not chosen:
            raise CallerError("请至少选择一台终端，或选择一个区域。")
        if any(one.state is MakingState.WORKING for one in self._makings.values()):
            raise CallerError("已有一个内容包正在制作，请等它完成后再制作下一个。")
        feeds = tuple(
            dict.fromkeys(feed.feed for one in chosen for feed in one.feeds if feed.desired)
        )
        if not feeds:
            raise CallerError("所选终端的频道还没有发布过内容，不需要内容包。请先发布内容。")
        begun = int(self._clock.now().timestamp())
        making = Making(secrets.token_hex(8), by.id, begun, len(chosen), region, feeds)
        await self._note(making)
        self._keep(making)
        name = f"bundle {making.id}"
        self._tasks[making.id] = asyncio.create_task(self._make(making), name=name)
        return making

    def file(self, by: Person, wanted: str) -> Path:
        """Return the file of a bundle that is ready.

        Raises:
            Forbidden: not an administrator.
            NotFound: no such file.
        """
        require(by, Permission.MANAGE_TERMINALS)
        making = self._makings.get(wanted)
        if making is None or making.state is not MakingState.READY:
            raise NotFound("这个内容包已清理或没有做成，请重新制作。")
        return self._path(making)

    async def close(self) -> None:
        """End what is being made."""
        for task in self._tasks.values():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _make(self, making: Making) -> None:
        try:
            await asyncio.to_thread(self._clear, making.id)
            await self._bundles.write(
                self._path(making),
                making.feeds,
                tell=lambda done, total: self._tell(making.id, done, total),
            )
            size = (await asyncio.to_thread(self._path(making).stat)).st_size
        except (ZoneError, OSError) as error:
            logger.exception("bundle not made", extra={"bundle": making.id})
            problem = str(error) if isinstance(error, CallerError) else FAILED
            self._become(making.id, state=MakingState.FAILED, problem=problem)
        else:
            self._become(making.id, state=MakingState.READY, size=size)

    def _tell(self, wanted: str, done: int, total: int) -> None:
        self._become(wanted, done=done, total=total)

    def _become(self, wanted: str, **fields: object) -> None:
        self._makings[wanted] = replace(self._makings[wanted], **fields)  # type: ignore[arg-type]

    def _keep(self, making: Making) -> None:
        self._makings[making.id] = making
        for old in list(self._makings)[:-MOST_KEPT]:
            del self._makings[old]
            self._tasks.pop(old, None)

    def _path(self, making: Making) -> Path:
        return self._folder / f"{making.id}{SUFFIX}"

    def _clear(self, now_made: str) -> None:
        """Make room: files that nobody can ask for any more go."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = {f"{one}{SUFFIX}" for one in self._makings if one != now_made}
        for path in self._folder.iterdir():
            if path.name not in kept:
                path.unlink()

    async def _note(self, making: Making) -> None:
        async with self._database.write() as c:
            await self._audit.write(
                c,
                actor=making.by,
                act="bundle_made",
                subject=making.id,
                detail=f"{making.region or making.terminals} {' '.join(making.feeds)}",
            )
