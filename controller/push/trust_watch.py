"""Keep the dates of the keys' files fresh, and tell terminals of a policy that another process put in use."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from content.errors import ZoneError
from controller.push.welcome import PolicySource
from controller.services.events import EventBus, PolicyChanged
from controller.services.trust_shelf import TrustShelf

logger = logging.getLogger(__name__)

LOOK_S = 2.0
RENEW_EVERY = 1800
"""Looks between two looks at the dates: an hour."""


class TrustWatch:
    """Looks again and again. `run` it as a task."""

    def __init__(self, *, shelf: TrustShelf, policies: PolicySource, events: EventBus) -> None:
        self._shelf = shelf
        self._policies = policies
        self._events = events
        self._seen: tuple[int, int] | None = None
        self._looks = 0

    async def run(self) -> None:
        """Look until cancelled; `controller.keys install` in another process sends us no event."""
        while True:
            try:
                await self.look()
            except (ZoneError, SQLAlchemyError, OSError, ValueError):
                logger.exception("trust not looked after")
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Say what is new since the last look; date the files anew if it is time."""
        if self._looks % RENEW_EVERY == 0 and await asyncio.to_thread(self._shelf.renew):
            logger.info("trust files dated anew")
        self._looks += 1
        signed = await self._policies.current()
        if signed is None:
            return
        seen = (signed.policy.version, len(signed.approvals))
        if self._seen not in {None, seen}:
            self._events.publish(PolicyChanged(signed.policy.version))
        self._seen = seen
