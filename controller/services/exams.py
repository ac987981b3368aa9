"""Judged questions 检索考题: what staff say that a search should find.

They judge every new model; none learns from them.
"""

from content.errors import CallerError, NotFound
from content.search.curated import query_key
from content.search.curating import checked
from controller.auth.permissions import Permission, require
from controller.services.audit import AuditLog
from controller.services.published import PublishedRecords, Withdrawn
from controller.store import nights as store
from controller.store.database import Database
from controller.store.nights import JudgedQuestion
from controller.store.people import Person
from controller.store.searches import LONGEST_QUERY
from devices.clock import Clock

MOST = 500
"""Questions that are judged in a night; more would be better thinned than judged in haste."""


class Exams:
    """The judged questions of the zone."""

    def __init__(
        self, *, database: Database, audit: AuditLog, records: PublishedRecords, clock: Clock
    ) -> None:
        self._database = database
        self._audit = audit
        self._records = records
        self._clock = clock

    async def list(self, by: Person) -> tuple[JudgedQuestion, ...]:
        """Return all, the newest first.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.READ_WORDS)
        async with self._database.read() as c:
            return await store.list_judged(c)

    async def add(self, by: Person, question: str, record: str) -> JudgedQuestion:
        """Say that this question should find this record.

        Raises:
            Forbidden, BadWord, CallerError: may not, or cannot be taken, and why.
        """
        require(by, Permission.EDIT_WORDS)
        question = checked(question, longest=LONGEST_QUERY)
        try:
            title = (await self._records.record(record)).record.title
        except (NotFound, Withdrawn) as error:
            raise CallerError("这份资料没有公开或已撤回，请另选一件。") from error
        one = JudgedQuestion(0, question, record, title, by.id, self._now())
        async with self._database.write() as c:
            held = await store.list_judged(c)
            if len(held) >= MOST and question not in {kept.question for kept in held}:
                raise CallerError(f"考题最多 {MOST} 道，请先删去不再需要的。")
            same = [kept for kept in held if query_key(kept.question) == query_key(question)]
            for kept in same:
                await store.drop_judged(c, kept.id)
            await store.add_judged(c, one)
            note = f"{question} → {title}"
            await self._audit.write(c, actor=by.id, act="exam_added", subject=record, detail=note)
        return one

    async def drop(self, by: Person, number: int) -> None:
        """Take a question out; what is not there is out already.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.EDIT_WORDS)
        async with self._database.write() as c:
            question = await store.drop_judged(c, number)
            if question:
                await self._audit.write(
                    c, actor=by.id, act="exam_removed", subject=str(number), detail=question
                )

    def _now(self) -> int:
        return int(self._clock.now().timestamp())
