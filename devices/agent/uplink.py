"""What the agent does with what the controller says, over whichever way it comes."""

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from devices.agent import sentences
from devices.agent.config import TerminalConfig
from devices.agent.faults import FaultBook
from devices.agent.heard import heard_of_log
from devices.agent.ports import Arrived, Connected, Link, LinkEvent, Lost
from devices.agent.report import Reporter
from devices.agent.sender import Sender
from devices.agent.sync import HeadHeard, Poll, Sync, Welcomed
from devices.ipc.messages import LinkState
from devices.wire import topics
from devices.wire.messages import (
    LINES_WITH_HEADS,
    Ack,
    BadMessage,
    ControllerState,
    Welcome,
    from_bytes,
    to_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

FIRST_POLL_S = 5.0
AWAY_S = 10.0
"""So long after a loss HTTPS is asked, and up to as long again: most brokers are back by then, and who is not must not
wait for the next poll."""
ASK_AFTER = 2
"""Hellos in a row without an answer after which HTTPS is asked what is new, be the broker there or not."""
FIRST_ANSWER_S = 2.0
ANSWER_S = 30.0
"""After so many seconds without an answer, hello is said again: soon at first, for a terminal that was
enrolled a moment ago may be let in by the broker before it may speak there."""
SCOPE = "link"
DEAF = "session_deaf"
DEAF_AFTER = 4
"""Hellos in a row without an answer, half a minute in all, after which the way over HTTPS is asked who is at fault."""
MOST_DEAF_AFTER = 64
"""Half an hour."""
HEARD_S = 600
"""How long staff see that a session was deaf."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """Who we are to the controller."""

    device: str
    feeds: tuple[str, ...]
    poll_s: float
    jitter_s: float
    hearing_s: float = 1800
    """Seconds after an answer at which it is asked whether the session still hears."""

    @classmethod
    def of(cls, config: TerminalConfig) -> "Uplink":
        """Return what a terminal's settings say of it."""
        return cls(config.id, config.feeds, config.poll_s, config.jitter, config.hearing_s)


@dataclass(frozen=True, slots=True)
class HelloDue:
    """It is time to say hello again."""


class Conversation:
    """Says hello, hands on what arrives, asks over HTTPS while the broker is away."""

    def __init__(
        self,
        uplink: Uplink,
        *,
        sync: Sync,
        sender: Sender,
        reporter: Reporter,
        faults: FaultBook,
        link: Link,
    ) -> None:
        self._uplink = uplink
        self._sync = sync
        self._sender = sender
        self._reporter = reporter
        self._faults = faults
        self._link = link
        self._events: asyncio.Queue[LinkEvent | HelloDue] = asyncio.Queue()
        self._heads: dict[str, str] = {}
        self._logs: dict[str, str] = {}
        self.follow(uplink.feeds)
        self._controller: ControllerState | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._over_https = False
        self._was_linked = False
        self._asked = asyncio.Event()
        self._patience_s = FIRST_ANSWER_S
        self._unanswered = 0
        self._deaf_after = DEAF_AFTER
        self.last_contact = 0
        self.on_state = _nobody
        self.on_order: Callable[[str, bytes], None] = _no_order
        self.on_https: Callable[[], Awaitable[None]] = _nothing

    def adopt(self, *, poll_s: float, jitter_s: float) -> None:
        """Go on with other waits."""
        self._uplink = replace(self._uplink, poll_s=poll_s, jitter_s=jitter_s)

    def follow(self, feeds: tuple[str, ...]) -> None:
        """Know the topics of exactly these feeds."""
        self._heads = {topics.head(feed): feed for feed in feeds}
        self._logs = {topics.log(feed): feed for feed in feeds}

    def hear(self, event: LinkEvent) -> None:
        """Take an event of the link, in the order of arrival."""
        self._events.put_nowait(event)

    def state(self) -> LinkState:
        """Return whether the controller is reached."""
        return LinkState(
            online=self._link.connected or self._over_https, last_contact=self.last_contact
        )

    async def run(self) -> None:
        """Handle events for ever."""
        while True:
            await self.step(await self._events.get())

    async def poll(self) -> None:
        """Ask over HTTPS for ever, while the broker is away or the data interface is at fault."""
        wait_s = FIRST_POLL_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._asked.wait()
            self._asked.clear()
            wait_s = self._uplink.poll_s
            # A fault of the data interface is looked into also while the broker is there.
            if not self._is_heard or self._faults.has("api_unreachable", "api"):
                await self.ask()

    @property
    def _is_heard(self) -> bool:
        """Whether the controller hears us over the broker, as far as is known."""
        return self._link.connected and self._unanswered < ASK_AFTER

    async def ask(self) -> None:
        """Ask once over HTTPS; a network that only passes 443 counts as online."""
        before, self._over_https = self._over_https, await self._sync.poll()
        if self._over_https:
            self._contact()
            # What failed before must not wait out minutes that were meant for a controller that is away.
            self._sender.way_opened(after_s=0)
            if not self._is_heard:
                await self.on_https()
        if before != self._over_https:
            self.on_state(self.state())

    async def step(self, event: LinkEvent | HelloDue) -> None:
        """Handle one event."""
        match event:
            case Connected():
                self._over_https, self._was_linked = False, True
                self._answered()
                self._faults.clear_scope(SCOPE)
                self._contact()
                await self.say_hello()
                if self._faults.has("api_unreachable", "api"):
                    self._sync.hear(Poll())
                self._sender.way_opened(after_s=0)
                self._reporter.change()
                self.on_state(self.state())
            case Lost(code, text):
                self._cancel_hello()
                self._faults.clear_scope(SCOPE, but=(code, "broker"))
                self._faults.note(code, "broker", text, scope=SCOPE)
                self._sender.stir()
                self._ask_soon()
                self.on_state(self.state())
            case HelloDue():
                await self._hello_again()
            case Arrived(topic, payload, kept):
                self._contact()
                await self._arrived(topic, payload, kept=kept)

    async def _hello_again(self) -> None:
        self._unanswered += 1
        if self._unanswered == ASK_AFTER:
            self._asked.set()
        if self._unanswered > self._deaf_after and await self._is_deaf():
            self._link.renew()
            return
        self._link.say_ready()
        await self.say_hello()
        self._reporter.change()

    async def say_hello(self) -> None:
        """Tell the controller what we hold; it answers with policy and heads."""
        hello = await self._sync.hello_or_nothing()
        self._reporter.policy = hello.policy
        self._reporter.applied = hello.applied
        said = to_bytes(replace(hello, reads=LINES_WITH_HEADS))
        if self._link.publish(topics.up(self._uplink.device, "hello"), said):
            self._hello_in(self._patience_s)
            self._patience_s = min(ANSWER_S, 2 * self._patience_s)

    def _ask_soon(self) -> None:
        """Ask over HTTPS in a while, if the broker is still away then; a whole fleet does not ask at once."""
        if self._was_linked:
            self._was_linked = False
            spread = random.uniform(0, max(AWAY_S, self._uplink.jitter_s))  # noqa: S311 - jitter, no secret
            asyncio.get_running_loop().call_later(AWAY_S + spread, self._asked.set)

    async def _is_deaf(self) -> bool:
        """Say whether the controller answers over HTTPS while this session hears nothing of it (wire.md 2)."""
        self._unanswered = 0
        if not self._link.connected or not await self._sync.poll():
            return False
        self._faults.note(DEAF, "broker", sentences.SESSION_DEAF, scope=DEAF)
        # A broker that stays so must not have to bear a handshake of every terminal each half minute.
        self._deaf_after = min(2 * self._deaf_after, MOST_DEAF_AFTER)
        return True

    def _answered(self) -> None:
        self._patience_s, self._unanswered = FIRST_ANSWER_S, 0

    def _hello_in(self, seconds: float) -> None:
        """Say hello in a while, unless it is answered before: the controller may be away."""
        self._cancel_hello()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._events.put_nowait, HelloDue())

    def _cancel_hello(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _arrived(self, topic: str, payload: bytes, *, kept: bool) -> None:
        device = self._uplink.device
        try:
            if topic in self._heads or topic in self._logs:
                self._of_feed(topic, payload, kept=kept)
            elif topic == topics.down_ack(device):
                await self._sender.acknowledged(from_bytes(payload, Ack))
            elif topic == topics.down_message(device):
                self._answered()
                self._deaf_after = DEAF_AFTER
                self._faults.end_scope(DEAF, after_s=HEARD_S)
                # A broker that lost our subscriptions keeps the connection: only an answer proves that it hears us.
                self._hello_in(self._uplink.hearing_s * random.uniform(0.8, 1.2))  # noqa: S311
                self._sync.hear(Welcomed(from_bytes(payload, Welcome)))
            elif topic in {topics.job(device), topics.want(device)}:
                self.on_order(topic.rpartition("/")[2], payload)
            elif topic == topics.CONTROLLER_STATE:
                await self._controller_is(from_bytes(payload, ControllerState))
        except BadMessage:
            logger.warning("message not understood", extra={"topic": topic})

    def _of_feed(self, topic: str, payload: bytes, *, kept: bool) -> None:
        if topic in self._logs:
            for heard in heard_of_log(self._logs[topic], payload):
                self._sync.hear(heard)
        else:
            self._sync.hear(HeadHeard(self._heads[topic], payload, kept))

    async def _controller_is(self, state: ControllerState) -> None:
        before, self._controller = self._controller, state
        spread = random.uniform(0, self._uplink.jitter_s)  # noqa: S311 - jitter, no secret
        self._sender.controller_is(up=state.up, after_s=spread)
        came_back = state.up and before is not None and before != state
        if came_back:
            # Not now: a fleet must not speak at once (wire.md 9.2).
            self._hello_in(spread)

    def _contact(self) -> None:
        self.last_contact = self._faults.now()


def _nobody(message: LinkState) -> None:
    """Listen before anybody does."""
    del message


def _no_order(what: str, payload: bytes) -> None:
    """Listen before anybody does."""
    del what, payload


async def _nothing() -> None:
    """Say nothing over HTTPS before anybody does."""
