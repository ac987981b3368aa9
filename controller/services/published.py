"""Read what is public, checked again at each reading just as a terminal does."""

from dataclasses import dataclass
from enum import StrEnum

from content.errors import NotFound
from content.feed.body import Record, read_body
from content.feed.kept import kept_from_bytes
from content.feed.policy import Policy
from content.feed.statement import Action
from content.feed.verify import check_entry
from controller.services.feed_log import current_policy
from controller.store import log as store
from controller.store.database import Database
from controller.store.log import LogRow


class Standing(StrEnum):
    """How a version of a record stands."""

    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Withdrawn(NotFound):
    """The record was public and has been taken back: its content is shown to nobody any more."""

    def __init__(self, *, version: int, at: int) -> None:
        super().__init__("这份文件已由发布机关撤回。如需了解，请到政务公开窗口咨询。")
        self.version = version
        self.at = at


@dataclass(frozen=True, slots=True)
class PublishedRecord:
    """A published version of a record.

    Attributes:
        record: its content.
        feed, version: where it stands in the log.
        digest: SHA-256 hex of the content, as the approvers signed it.
        approved_on: unix seconds.
        approvers: names of those who signed.
        standing: in force, superseded by a newer version, or withdrawn.
        newest_version: the newest version of the record.
    """

    record: Record
    feed: str
    version: int
    digest: str
    approved_on: int
    approvers: tuple[str, ...]
    standing: Standing
    newest_version: int


class PublishedRecords:
    """What is public, by record."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def record(
        self, record_id: str, *, version: int = 0, even_withdrawn: bool = False
    ) -> PublishedRecord:
        """Return a version of a record, the newest for 0. `even_withdrawn` is for the desk alone.

        Raises:
            NotFound: never published, or not in this version.
            Withdrawn: taken back, whatever version is asked for.
            Refused: what is kept does not verify (changed on disk, or its key was revoked).
        """
        async with self._database.read() as c:
            rows = await store.lines_of_record(c, record_id)
            if not rows:
                raise NotFound("没有找到这份文件，请核对编号或在本页搜索。")
            newest = rows[0]
            if newest.action is Action.DELETE and not even_withdrawn:
                raise Withdrawn(version=newest.version, at=newest.at)
            puts = [row for row in rows if row.action is Action.PUT]
            found = next((row for row in puts if version in {0, row.version}), None)
            if found is None:
                raise NotFound("没有找到这份文件的这个版本，请查看最新版本。")
            return _opened(found, newest, policy=await current_policy(c))

    async def newest(
        self, kind: str = "document", *, limit: int = 20, offset: int = 0
    ) -> tuple[PublishedRecord, ...]:
        """Return the records of a kind that are in force, the last published first.

        Raises:
            Refused: what is kept does not verify.
        """
        async with self._database.read() as c:
            rows = await store.newest_of_kind(c, kind, limit=limit, offset=offset)
            if not rows:
                return ()
            policy = await current_policy(c)
            return tuple(_opened(row, row, policy=policy) for row in rows)


def _opened(row: LogRow, newest: LogRow, *, policy: Policy) -> PublishedRecord:
    entry = kept_from_bytes(row.line)
    record = read_body(check_entry(entry, policy=policy))
    keys = policy.by_id
    return PublishedRecord(
        record=record,
        feed=row.feed,
        version=row.version,
        digest=entry.statement.digest,
        approved_on=entry.statement.approved_on,
        approvers=tuple(
            dict.fromkeys(keys[one.key_id].name for one in entry.approvals if one.key_id in keys)
        ),
        standing=_standing(row, newest),
        newest_version=newest.version,
    )


def _standing(row: LogRow, newest: LogRow) -> Standing:
    if newest.action is Action.DELETE:
        return Standing.WITHDRAWN
    return Standing.IN_FORCE if row.version == newest.version else Standing.SUPERSEDED
