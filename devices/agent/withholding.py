"""Keeps records off the glass that a rollout in waves has not let through yet (docs/adr/0025)."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devices.agent import sentences
from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.agent.ports import NotPossible, Replica

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Withholding:
    """`on_done` tells the user interfaces to look again."""

    replica: Replica
    disk: OneThread
    faults: FaultBook
    on_done: Callable[[], None]

    async def __call__(self, records: Sequence[str]) -> bool:
        """Show none of these records from now on; say whether that could be kept."""
        try:
            await self.disk(self.replica.withhold, records)
        except NotPossible as error:
            logger.warning("records not kept back", extra={"cause": str(error)})
            self.faults.note("replica_unwritable", "replica", sentences.REPLICA_FULL)
            return False
        self.on_done()
        return True
