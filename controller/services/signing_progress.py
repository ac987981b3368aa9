"""How far the signing of a document has come: who has signed, each once, and how many must."""

from collections.abc import Iterable
from dataclasses import dataclass

from content.feed.policy import Policy
from content.feed.statement import Action, Approval
from controller.config import ZoneConfig
from controller.store import documents as store
from controller.store import keys as key_store
from controller.store.database import Database


@dataclass(frozen=True, slots=True)
class Progress:
    """Names of those whose signatures count, and how many people are needed."""

    signed_by: tuple[str, ...]
    needed: int


def signers_of(given: Iterable[Approval], policy: Policy, *, drafter: str) -> tuple[str, ...]:
    """Return names, each person once however many keys signed; the drafter does not count."""
    keys = policy.by_id
    named = [keys[one.key_id] for one in given if one.key_id in keys]
    return tuple(
        {key.holder: key.name or key.holder for key in named if key.holder != drafter}.values()
    )


class SigningProgress:
    """Reads it from the store."""

    def __init__(self, *, config: ZoneConfig, database: Database) -> None:
        self._config = config
        self._database = database

    async def of(self, document_id: str) -> Progress | None:
        """Return how far the publication of a document is signed, None where no policy is in use."""
        feed = self._config.main_feed
        async with self._database.read() as c:
            signed = await key_store.newest_policy(c)
            given = await store.list_approvals(c, document_id, feed=feed, action=Action.PUT)
            pending = await store.find_pending(c, document_id, feed=feed, action=Action.PUT)
        rule = signed.policy.rule(feed) if signed else None
        if signed is None or rule is None:
            return None
        drafter = pending.statement.drafter if pending else ""
        return Progress(signers_of(given, signed.policy, drafter=drafter), rule.threshold)
