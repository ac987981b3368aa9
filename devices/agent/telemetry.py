"""Say counters every two minutes, unacknowledged: a lost one is followed by the next (wire.md 9.2)."""

import asyncio

from devices.agent.front import Services
from devices.agent.ports import Link
from devices.agent.vitals import Vitals
from devices.wire import topics
from devices.wire.messages import Telemetry, to_bytes

EVERY_S = 120.0


class TelemetryLoop:
    """Looks at the machine and says what it counts. `run` it as a task."""

    def __init__(self, device: str, *, link: Link, services: Services, vitals: Vitals) -> None:
        self._device = device
        self._link = link
        self._do = services
        self._vitals = vitals
        self._sequence = 0

    async def run(self) -> None:
        """Say for ever."""
        while True:
            await self.say()
            await asyncio.sleep(EVERY_S)

    async def say(self) -> None:
        """Say it once, if there is a link."""
        counted = await asyncio.to_thread(self._vitals.look)
        self._sequence += 1
        message = Telemetry(
            seq=self._sequence,
            at=self._do.faults.now(),
            counters={**counted, "outbox": self._do.reporter.outbox},
        )
        self._link.publish(topics.telemetry(self._device), to_bytes(message), qos=0)
