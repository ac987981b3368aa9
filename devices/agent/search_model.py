"""Keeps the learned search model that the controller uses, and makes its vectors while nothing else is to be done.

It helps only: without it, or with one that cannot be read, search goes on by words. It can change an order, never a
text, so it needs no approver. A screen uses a new one after its next start.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import apsw

from content.errors import ZoneError
from content.replica.meaning import MODEL_FILE, MeaningMaker
from content.replica.searching import Models
from content.search.learned import BadModel, Learned
from devices.agent.disk import OneThread
from devices.wire.search_model import ModelOffer

logger = logging.getLogger(__name__)

FIRST_S = 120.0
ROUND_S = 4 * 3600.0
STEP = 64
REST_S = 0.2
MOST_BYTES = 32 * 1024 * 1024


class ModelSource(Protocol):
    """Where the model comes from."""

    async def search_model(self) -> ModelOffer | None:
        """Return what is offered, None by a controller that knows no models; raises Unreachable."""
        ...

    async def blob(self, sha256: str, *, start: int, sink: Callable[[bytes], None]) -> None:
        """Stream a file from `start` on; raises Unreachable."""
        ...


class SearchModelTask:
    """Follows the controller's model, some times a day."""

    def __init__(self, replica: Path, source: ModelSource, *, rest_s: float = REST_S) -> None:
        self._replica = replica
        self._file = replica.with_name(MODEL_FILE)
        self._sent = replica.with_name(MODEL_FILE + ".sent")
        self._source = source
        self._rest_s = rest_s
        self._thread = OneThread("search model")

    async def run(self) -> None:
        """Look, rest, for ever."""
        await asyncio.sleep(FIRST_S)
        while True:
            try:
                await self.turn()
            except (apsw.Error, ZoneError, OSError) as error:
                logger.warning("no new search model", extra={"error": type(error).__name__})
            await asyncio.sleep(ROUND_S)

    async def turn(self) -> bool:
        """Take over what is offered; say whether another model is used from now on.

        Raises:
            Unreachable: the controller cannot be asked.
        """
        offer = await self._source.search_model()
        held = await self._thread(self._held)
        if offer is None or offer.name == held:
            return False
        if not offer.name:
            return await self._thread(self._give_up)
        data = await self._fetch(offer)
        learned = Learned.from_bytes(data)
        if learned.name != offer.name:
            raise BadModel("搜索模型与名称不符。")
        await self._make(learned, before=held)
        await self._thread(self._keep, data)
        return True

    async def _fetch(self, offer: ModelOffer) -> bytes:
        data = bytearray()

        def take(piece: bytes) -> None:
            if len(data) + len(piece) > min(offer.size, MOST_BYTES):
                raise BadModel("搜索模型比说明的大。")
            data.extend(piece)

        await self._source.blob(offer.sha256, start=0, sink=take)
        if hashlib.sha256(data).hexdigest() != offer.sha256:
            raise BadModel("搜索模型与摘要不符，请重新下发。")
        return bytes(data)

    async def _make(self, learned: Learned, *, before: str) -> None:
        """Make its vectors first: until then the screens go on with what they have."""
        made = STEP
        while made and await self._thread(self._replica.exists):
            made = await self._thread(self._step, learned, before)
            await asyncio.sleep(self._rest_s)

    def _step(self, learned: Learned, before: str) -> int:
        maker = MeaningMaker(self._replica, Models(learned))
        try:
            # The screens that run still use the model of before; older ones nobody does.
            maker.forget_learned(but=(learned.name, before))
            return maker.step(STEP)
        finally:
            maker.close()

    def _held(self) -> str:
        try:
            return Learned.from_bytes(self._file.read_bytes()).name
        except (OSError, BadModel):
            return ""

    def _keep(self, data: bytes) -> None:
        new = self._file.with_suffix(".new")
        new.write_bytes(data)
        new.replace(self._file)
        self._sent.touch()

    def _give_up(self) -> bool:
        """Search by words again; a model that somebody put here by hand stays."""
        if not self._sent.exists():
            return False
        self._file.unlink(missing_ok=True)
        self._sent.unlink()
        return True
