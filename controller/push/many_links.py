"""Speak over several brokers as over one: everything is said to all, and a terminal's own answer where it was heard.

Each broker knows nothing of the others (wire.md 2): terminals are spread over them, and no bridge is needed.
"""

import asyncio
from collections.abc import Mapping, Sequence

from controller.push.broker_link import ControllerLink
from devices.wire import topics

_DEVICE = f"{topics.ROOT}/d/"


class ManyLinks:
    """A `ControllerLink` over several."""

    def __init__(self, links: Mapping[str, ControllerLink]) -> None:
        self._links = dict(links)
        self._places: dict[str, str] = {}

    @property
    def connected(self) -> bool:
        """Whether some broker takes messages now."""
        return any(link.connected for link in self._links.values())

    def heard(self, topic: str, *, via: str) -> None:
        """Remember over which broker a terminal speaks."""
        self._places[_device(topic)] = via

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Say something; True if it reached a broker over which it can arrive."""
        ways = self._ways(topic)
        if len(ways) == 1:
            return await ways[0].publish(topic, payload, retain=retain)
        said = await asyncio.gather(*(link.publish(topic, payload, retain=retain) for link in ways))
        return any(said)

    def _ways(self, topic: str) -> Sequence[ControllerLink]:
        place = self._places.get(_device(topic), "") if topic.startswith(_DEVICE) else ""
        link = self._links.get(place)
        # A terminal that is not heard over its broker any more may be at another, or will be.
        return (link,) if link is not None and link.connected else tuple(self._links.values())


def _device(topic: str) -> str:
    return topic.removeprefix(_DEVICE).partition("/")[0]
