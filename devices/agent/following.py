"""Follow the emergency feed as soon as the root-signed policy has one: nobody has to be enrolled anew for it.

Which feed that is follows from the first feed of the enrolment: who holds gov/512299 holds emergency/512299. The
policy decides whether there is such a feed, so no broker and no controller makes a terminal follow anything.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from devices.agent.disk import OneThread
from devices.agent.ports import NotPossible
from devices.wire.messages import Hello

logger = logging.getLogger(__name__)

EMERGENCY = "emergency"


class Policies(Protocol):
    """The policy in use."""

    def has_emergencies(self, feed: str) -> bool:
        """Say whether the policy lets somebody sign notices in this feed."""
        ...


class Follower(Protocol):
    """A part that works on feeds."""

    def follow(self, feeds: tuple[str, ...]) -> None:
        """Work on exactly these from now on."""
        ...


def emergency_feed(feeds: Sequence[str]) -> str:
    """Return the emergency feed of the place whose documents come first; "" if it is followed already."""
    if not feeds or any(one.startswith(f"{EMERGENCY}/") for one in feeds):
        return ""
    return f"{EMERGENCY}/{feeds[0].partition('/')[2]}"


class Following:
    """Tells the parts which feeds there are; `followers` are asked for when they are needed."""

    def __init__(
        self,
        policies: Policies,
        *,
        enrolled: tuple[str, ...],
        followers: Callable[[], Sequence[Follower]],
        disk: OneThread,
    ) -> None:
        self._policies = policies
        self._enrolled = enrolled
        self._feeds = enrolled
        self._followers = followers
        self._disk = disk
        self._version = 0
        self._moved = asyncio.Event()

    def moved(self, held: Hello) -> None:
        """Look again soon if the policy is another."""
        if held.policy != self._version:
            self._version = held.policy
            self._moved.set()

    async def run(self) -> None:
        """Look at every new policy for ever."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            await self.look()

    async def look(self) -> None:
        """Follow what the policy in use asks for."""
        feed = emergency_feed(self._enrolled)
        try:
            is_named = bool(feed) and await self._disk(self._policies.has_emergencies, feed)
        except NotPossible:
            return  # begun anew soon, and with it the policy
        feeds = (*self._enrolled, feed) if is_named else self._enrolled
        if feeds != self._feeds:
            self._feeds = feeds
            logger.info("feeds follow the policy", extra={"feeds": feeds})
            for one in self._followers():
                one.follow(feeds)
