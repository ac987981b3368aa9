"""Hand each message of a terminal to the service that it is for, and say the answer.

What terminals say of themselves goes through the inbox, which keeps it in batches; a citizen's envelope is served by
itself, at once.

The access list has seen to it that the device in the topic is the one whose certificate was shown. A message that
cannot be read is noted once an hour for each terminal and kind; it never stops the others.
"""

import logging

from sqlalchemy.exc import SQLAlchemyError

from content.errors import PeerError, ZoneError
from controller.push.broker_link import ControllerLink, Incoming
from controller.push.inbox import HelloSaid, Inbox
from controller.push.readers import Readers
from controller.push.words import OF_ITSELF, Words, read_word
from controller.services.findings import Finding, Findings
from controller.services.intake import Intake
from devices.wire import topics
from devices.wire.messages import (
    BadMessage,
    Envelope,
    Hello,
    from_bytes,
    to_bytes,
)

logger = logging.getLogger(__name__)

MAX_BYTES = 128 * 1024
"""Largest message of a terminal: an envelope of 64 KB and its fields."""
_PREFIX = f"{topics.ROOT}/d/"


class Dispatch:
    """Serves the messages of all terminals, one after the other."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        intake: Intake,
        link: ControllerLink,
        findings: Findings,
        words: Words,
        readers: Readers,
    ) -> None:
        self._words = words
        self._readers = readers
        self._inbox = inbox
        self._intake = intake
        self._link = link
        self._findings = findings

    async def take(self, incoming: Incoming) -> None:
        """Serve a message; whatever goes wrong with it is its own affair."""
        device, _, rest = incoming.topic.removeprefix(_PREFIX).partition("/")
        try:
            if len(incoming.payload) > MAX_BYTES:
                raise BadMessage("too large")
            if incoming.payload:
                await self._serve(device, rest, incoming)
        except PeerError as error:
            self._findings.note(Finding(device, "malformed_message", rest, type(error).__name__))
        except (ZoneError, SQLAlchemyError, OSError) as error:
            # Nothing was answered, so the terminal says it again. Only the error's name is logged: a database
            # error quotes its statement's values.
            why = type(error).__name__
            extra = {"device": device, "rest": rest, "why": why}
            logger.error("message not served", extra=extra)  # noqa: TRY400

    async def _serve(self, device: str, rest: str, incoming: Incoming) -> None:
        payload = incoming.payload
        if rest.startswith("up/") and rest != "up/hello":
            await self._envelope(device, rest, from_bytes(payload, Envelope))
        # What the broker had kept is said by the broker, not by the terminal: it counts for no flood.
        elif not incoming.is_old and self._words.are_too_many(device):
            return
        elif rest == "up/hello":
            hello = from_bytes(payload, Hello)
            self._readers.said(device, hello.reads)
            await self._inbox.put(HelloSaid(device, hello))
        elif rest in OF_ITSELF:
            word = read_word(device, rest, payload, is_old=incoming.is_old, via=incoming.via)
            await self._words.take(word, put=self._inbox.put)
        else:
            await self._words.take_other(device, rest, payload)

    async def _envelope(self, device: str, rest: str, envelope: Envelope) -> None:
        if rest != f"up/{envelope.kind}":
            raise BadMessage("envelope of another kind than its topic")
        ack = await self._intake.receive(envelope, peer=device)
        await self._link.publish(topics.down_ack(device), to_bytes(ack))
