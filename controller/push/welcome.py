"""Answer a terminal's hello: the signed policy if it is newer, and a fresh head of each of its feeds."""

import base64
from collections.abc import Sequence
from typing import Protocol

from content.feed.entry import SignedHead, head_to_bytes
from content.feed.policy import SignedPolicy
from controller.store.terminals import Terminal
from devices.wire.messages import Hello, Welcome

INLINE_BYTES = 32 * 1024
"""Largest line that is said in full; larger ones are fetched (wire.md 9.2)."""


class FeedSource(Protocol):
    """The published log."""

    async def page(self, feed: str, start: int) -> tuple[bytes, ...]:
        """Return lines from a sequence on, up to the size of a page."""
        ...

    async def head(self, feed: str) -> SignedHead | None:
        """Return the newest link, signed now; None for an empty feed."""
        ...


class PolicySource(Protocol):
    """The policy in use."""

    async def current(self) -> SignedPolicy | None:
        """Return the signed policy, None before the first."""
        ...


class Welcomer:
    """Makes welcomes."""

    def __init__(self, *, feeds: FeedSource, policies: PolicySource) -> None:
        self._feeds = feeds
        self._policies = policies

    async def answer(self, terminal: Terminal, hello: Hello) -> Welcome:
        """Return what this terminal needs to go on from what it holds."""
        return (await self.answer_all([(terminal, hello)]))[0]

    async def answer_all(self, said: Sequence[tuple[Terminal, Hello]]) -> list[Welcome]:
        """Return a welcome for each; policy and heads are read and signed once for all."""
        signed = await self._policies.current()
        feeds = {feed for terminal, _ in said for feed in terminal.feeds}
        heads = {feed: await self._feeds.head(feed) for feed in feeds}
        said_heads = {
            feed: base64.b64encode(head_to_bytes(head)).decode()
            for feed, head in heads.items()
            if head
        }
        policy = base64.b64encode(signed.to_bytes()).decode() if signed else ""
        version = signed.policy.version if signed else 0
        return [
            Welcome(
                policy if version > hello.policy else "",
                tuple(said_heads[feed] for feed in terminal.feeds if feed in said_heads),
            )
            for terminal, hello in said
        ]
