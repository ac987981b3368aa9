"""What the terminal says of itself: what it holds, what is on glass, what it suffers from.

Said when it changes, at most once a second, and every minute; retained, so that the desk knows it after a restart.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from devices.agent.ports import Link
from devices.clock import Clock
from devices.ipc.messages import Glass
from devices.wire import topics
from devices.wire.messages import Fault, FeedMark, GlassMark, Paper, Report, to_bytes

LEAST_S = 1.0
MOST_S = 60.0


class Reporter:
    """Holds what is known and publishes it.

    Attributes:
        policy: version in use.
        applied: feed -> mark of the replica.
        devices: peripheral -> "ok", or level and reason.
        outbox: envelopes not yet acknowledged.
        paper: of the printer; None without one.
        want: version of the desired shadow that is followed.
    """

    def __init__(
        self,
        *,
        device: str,
        link: Link,
        clock: Clock,
        faults: Callable[[], tuple[Fault, ...]],
    ) -> None:
        self.policy = 0
        self.applied: dict[str, FeedMark] = {}
        self.devices: dict[str, str] = {}
        self.outbox = 0
        self.paper: Paper | None = None
        self.want = 0
        self.on_drawn: Callable[[str, Glass], None] = _nobody
        self._glass: dict[str, GlassMark] = {}
        self._device = device
        self._link = link
        self._clock = clock
        self._faults = faults
        self._changed = asyncio.Event()

    def change(self) -> None:
        """Say it again soon."""
        self._changed.set()

    def drawn(self, ui: str, glass: Glass) -> None:
        """Note what a UI has really drawn."""
        self._glass[ui] = GlassMark(
            ui, glass.sequences, glass.item, glass.version, glass.frame, self._now()
        )
        self._changed.set()
        self.on_drawn(ui, glass)

    def ui_left(self, ui: str) -> None:
        """Forget what a UI showed: nobody can say any more what is on that glass."""
        if self._glass.pop(ui, None) is not None:
            self._changed.set()

    def report(self) -> Report:
        """Return what is to be said now."""
        return Report(
            policy=self.policy,
            applied=self.applied,
            glass=tuple(self._glass[ui] for ui in sorted(self._glass)),
            faults=self._faults(),
            devices=self.devices,
            outbox=self.outbox,
            at=self._now(),
            paper=self.paper,
            want=self.want,
        )

    def publish(self) -> bool:
        """Say it now, if there is a link."""
        return self._link.publish(topics.report(self._device), to_bytes(self.report()), retain=True)

    async def run(self) -> None:
        """Publish for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(MOST_S):
                    await self._changed.wait()
            self._changed.clear()
            self.publish()
            await asyncio.sleep(LEAST_S)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _nobody(_ui: str, _glass: Glass) -> None:
    """Hear nothing: nobody keeps a diary."""
