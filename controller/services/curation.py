"""Tend the curated search words: change, take back, sign, publish. An approver's browser signs, as for documents.

A change is at once in the working copy and in the preview; terminals use it only when somebody who did not
change the words has signed them.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from content.canonical import sha256_hex
from content.catalog.item import CatalogItem
from content.errors import CallerError, NotFound
from content.feed.body import body_bytes
from content.feed.policy import Policy
from content.feed.statement import Action, Approval, Statement
from content.regions import check_region
from content.search.common_names import first_words
from content.search.curated import CuratedWords, Target, no_words, words_id
from content.search.curating import count_popular
from controller.auth.permissions import Permission, require
from controller.config import ZoneConfig
from controller.services.audit import SYSTEM, AuditLog
from controller.services.documents import Stale
from controller.services.events import EventBus, Published
from controller.services.feed_log import FeedLog, counted, current_policy
from controller.services.published import PublishedRecords, Withdrawn
from controller.services.publishing import Outcome, ToSign
from controller.services.signing import StaleApproval, check_key
from controller.store import curation as store
from controller.store import log as log_store
from controller.store.curation import WordsChange, WordsDraft
from controller.store.database import Database
from controller.store.documents import Pending
from controller.store.people import Person

CATALOGUE = 5000
"""Service items whose everyday names are looked for when a region's words begin."""

Change = Callable[[CuratedWords], CuratedWords]


class NothingToPublish(CallerError):
    """The published words already say what the working copy says."""

    def __init__(self) -> None:
        super().__init__("检索词表没有尚未发布的修改，无需签发。")


@dataclass(frozen=True, slots=True)
class WordsState:
    """A region's words at the desk: the working copy, what is public, and what was done lately."""

    draft: WordsDraft
    published: CuratedWords | None
    changes: tuple[WordsChange, ...]

    @property
    def waits(self) -> bool:
        """Whether terminals use something else than the working copy says."""
        return self.draft.revision > 0 and self.draft.words != self.published


class CurationDesk:
    """The words of all regions of the zone."""

    def __init__(
        self,
        *,
        config: ZoneConfig,
        database: Database,
        audit: AuditLog,
        events: EventBus,
        log: FeedLog,
        records: PublishedRecords,
    ) -> None:
        self._config = config
        self._database = database
        self._audit = audit
        self._events = events
        self._log = log
        self._records = records

    def region(self, wanted: str) -> str:
        """Return the region if it lies in this zone; the zone's own for "".

        Raises:
            BadRegion, NotFound: no division code, or another zone's.
        """
        region = check_region(wanted or self._config.region)
        if not region.startswith(self._config.region):
            raise NotFound("这个行政区划不属于本专区，请从列表中选择。")
        return region

    async def state(self, by: Person, region: str, *, changes: int = 20) -> WordsState:
        """Return a region's words.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.READ_WORDS)
        region = self.region(region)
        async with self._database.read() as c:
            draft = await store.find_words(c, words_id(region)) or WordsDraft(no_words(region))
            done = await store.list_changes(c, words_id(region), limit=changes)
        return WordsState(draft, await self._published(region), done)

    async def regions(self, by: Person) -> tuple[str, ...]:
        """Return the regions that have words, the zone's own first.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.READ_WORDS)
        async with self._database.read() as c:
            kept = [one.words.region for one in await store.list_words(c)]
        return tuple(dict.fromkeys((self._config.region, *kept)))

    async def begin(self, by: Person, region: str) -> WordsDraft:
        """Begin a region's words with the names that hold in any county.

        Raises:
            Forbidden, Stale: may not, or they were begun already.
        """
        items = await self._records.newest("item", limit=CATALOGUE)
        known = [
            Target(one.record.id, one.record.title)
            for one in items
            if isinstance(one.record, CatalogItem)
        ]
        region = self.region(region)
        words = first_words(region, known)
        return await self.change(
            by, region, lambda _: words, act="words_begun", note=str(words.count), seen=0
        )

    async def change(
        self, by: Person, region: str, change: Change, *, act: str, note: str, seen: int
    ) -> WordsDraft:
        """Change the working copy; signatures given so far are void.

        Args:
            by: who changes.
            region: whose words.
            change: makes the new words of the old, or raises BadWord.
            act: a word for history and audit log.
            note: what was changed, in words.
            seen: the revision that the page showed.

        Raises:
            Forbidden, BadWord: may not, or cannot be taken.
            Stale: somebody else changed them meanwhile.
        """
        require(by, Permission.EDIT_WORDS)
        region = self.region(region)
        async with self._database.write() as c:
            draft = await store.find_words(c, words_id(region)) or WordsDraft(no_words(region))
            moved = self._moved(draft, by, change(draft.words))
            await self._save(c, moved, seen=seen)
            done = WordsChange(0, self._now(), by.id, act, note, draft.words, undone=False)
            await store.add_change(c, moved.words.id, done)
            await self._note(c, by.id, act, moved, note)
        return moved

    async def count_popular(
        self, by: Person, region: str, opened: Sequence[tuple[str, int]], *, seen: int
    ) -> WordsDraft:
        """Take over which records citizens open most often, as (record, times); what is not public is left out.

        Raises:
            Forbidden, BadWord, Stale: as `change`.
        """
        counted = tuple([one async for one in self._titled(record for record, _ in opened)])
        return await self.change(
            by,
            region,
            lambda held: count_popular(held, counted),
            act="popular_counted",
            note=str(len(counted)),
            seen=seen,
        )

    async def _titled(self, records: Iterable[str]) -> AsyncIterator[Target]:
        for record in records:
            with suppress(NotFound, Withdrawn):
                yield Target(record, (await self._records.record(record)).record.title)

    async def undo(self, by: Person, region: str, *, seen: int) -> WordsDraft:
        """Take the newest change back that was not taken back yet; once more takes back the one before.

        Raises:
            Forbidden, Stale: may not, or somebody else changed them meanwhile.
            CallerError: there is nothing to take back.
        """
        require(by, Permission.EDIT_WORDS)
        async with self._database.write() as c:
            draft = await self._kept(c, self.region(region))
            last = await store.last_change(c, draft.words.id)
            if last is None:
                raise CallerError("没有可以撤销的修改。")
            moved = self._moved(draft, by, last.before)
            await self._save(c, moved, seen=seen)
            await store.mark_undone(c, last.id)
            await self._note(c, by.id, "words_undone", moved, last.note)
        return moved

    async def statement_for(self, by: Person, region: str) -> ToSign:
        """Return what is to be signed to publish a region's words.

        Raises:
            Forbidden, NotFound, NothingToPublish, NoPolicy: it cannot be signed, and why.
        """
        async with self._database.write() as c:
            draft = await self._kept(c, self.region(region))
            require(by, Permission.APPROVE_WORDS, draft)
            policy = await current_policy(c)
            pending = await self._pending(c, draft)
            given = await store.list_approvals(c, draft.words.id)
        rule, keys = policy.rule(pending.statement.feed), policy.by_id
        return ToSign(
            statement=pending.statement,
            body=pending.body,
            signed_by=tuple(keys[one.key_id].name for one in given if one.key_id in keys),
            needed=rule.threshold if rule else 1,
        )

    async def approve(self, by: Person, region: str, approval: Approval) -> Outcome:
        """Take an approver's signature; publish when enough have signed. All in one transaction.

        Raises:
            Forbidden, NotFound, NothingToPublish, NoPolicy, UnknownKey, StaleApproval: it cannot be, and why.
        """
        async with self._database.write() as c:
            draft = await self._kept(c, self.region(region))
            require(by, Permission.APPROVE_WORDS, draft)
            policy = await current_policy(c)
            pending = await self._pending(c, draft)
            await check_key(c, by, approval, policy=policy, statement=pending.statement)
            await store.add_approval(c, draft.words.id, approval, now=self._now())
            await self._note(c, by.id, "words_signed", draft, approval.key_id)
            outcome, published = await self._publish_if_enough(c, draft, pending, policy)
        if published:
            self._events.publish(published)
        return outcome

    async def _publish_if_enough(
        self, c: AsyncConnection, draft: WordsDraft, pending: Pending, policy: Policy
    ) -> tuple[Outcome, Published | None]:
        statement = pending.statement
        given = await store.list_approvals(c, draft.words.id)
        approvals = counted(given, policy=policy, feed=statement.feed)
        rule, keys = policy.rule(statement.feed), policy.by_id
        holders = {keys[one.key_id].holder for one in approvals} - {statement.drafter}
        missing = (rule.threshold if rule else 1) - len(holders)
        if missing > 0:
            return Outcome(published=False, sequence=0, still_needed=missing), None
        published = await self._log.append(c, statement, approvals=approvals, body=pending.body)
        closed = replace(
            draft,
            version=statement.version,
            contributors=(),
            revision=draft.revision + 1,
            changed=self._now(),
        )
        if not await store.save_words(c, closed, seen=draft.revision):
            raise StaleApproval
        await store.drop_pending(c, draft.words.id)
        note = f"{published.feed} {published.sequence}"
        await self._note(c, SYSTEM, "words_published", closed, note)
        return Outcome(published=True, sequence=published.sequence, still_needed=0), published

    async def _pending(self, c: AsyncConnection, draft: WordsDraft) -> Pending:
        """Return the statement to sign: the one that others have signed, or a new one of now."""
        version = await log_store.newest_version(c, draft.words.id) + 1
        kept = await store.find_pending(c, draft.words.id)
        if kept and (kept.revision, kept.statement.version) == (draft.revision, version):
            return kept
        if draft.words == await self._published(draft.words.region):
            raise NothingToPublish
        body = body_bytes(draft.words)
        statement = Statement(
            feed=self._config.main_feed,
            record=draft.words.id,
            version=version,
            action=Action.PUT,
            digest=sha256_hex(body),
            size=len(body),
            drafter=(draft.contributors or (draft.drafter,))[-1],
            approved_on=self._now(),
        )
        pending = Pending(statement, body, draft.revision)
        await store.keep_pending(c, draft.words.id, pending)
        return pending

    async def _published(self, region: str) -> CuratedWords | None:
        try:
            found = await self._records.record(words_id(region))
        except (NotFound, Withdrawn):
            return None
        return found.record if isinstance(found.record, CuratedWords) else None

    async def _kept(self, c: AsyncConnection, region: str) -> WordsDraft:
        draft = await store.find_words(c, words_id(region))
        if draft is None:
            raise NotFound("这个区域还没有检索词表，请先添加。")
        return draft

    async def _save(self, c: AsyncConnection, draft: WordsDraft, *, seen: int) -> None:
        if not await store.save_words(c, draft, seen=seen):
            raise Stale
        await store.drop_pending(c, draft.words.id)

    async def _note(
        self, c: AsyncConnection, actor: str, act: str, draft: WordsDraft, note: str
    ) -> None:
        subject = f"{draft.words.id} {draft.words.region}"
        await self._audit.write(c, actor=actor, act=act, subject=subject, detail=note)

    def _moved(self, draft: WordsDraft, by: Person, words: CuratedWords) -> WordsDraft:
        others = tuple(one for one in draft.contributors if one != by.id)
        return replace(
            draft,
            words=words,
            drafter=draft.drafter or by.id,
            contributors=(*others, by.id),
            revision=draft.revision + 1,
            changed=self._now(),
        )

    def _now(self) -> int:
        return self._log.now()
