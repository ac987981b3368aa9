"""What may be rolled out: a draft, and what speaks against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from content.errors import CallerError, NotFound
from controller.store import rollouts as store
from controller.store.documents import DocumentState, find_document
from controller.store.rollouts import Gate, Member, Rollout, RolloutKind
from devices.agent.software import is_version
from devices.agent.wishes import unfit

_STAGEABLE = {DocumentState.DRAFT, DocumentState.SUBMITTED, DocumentState.RETURNED}


@dataclass(frozen=True, slots=True)
class RolloutDraft:
    """What is to be rolled out, where and under which conditions; of the three contents one is given."""

    kind: RolloutKind
    title: str
    members: tuple[Member, ...]
    gate: Gate = field(default_factory=Gate)
    settings: Mapping[str, str] = field(default_factory=dict)
    records: Sequence[str] = ()
    software: str = ""


async def stageable(c: AsyncConnection, record: str) -> int:
    """Return the version of a document that is published now, 0 for none.

    Raises:
        NotFound: there is no such document.
        CallerError: it is published as it stands. Hiding that from the public is what approvers decide.
    """
    document = await find_document(c, record)
    if document is None:
        raise NotFound(f"没有文件“{record}”，请核对文件编号。")
    if document.state not in _STAGEABLE:
        raise CallerError(
            f"文件“{record}”已经公开或撤回，不能再分批显示。请在签发前建立分批下发；要停止公开请办理撤回。"
        )
    return document.version


async def is_ready(c: AsyncConnection, one: Rollout) -> bool:
    """Say whether all that is rolled out has been signed and published."""
    for record, before in one.records.items():
        document = await find_document(c, record)
        if document is None or document.version <= before:
            return False
    return True


async def check_free(c: AsyncConnection, draft: RolloutDraft) -> None:
    """See that no other rollout of the kind is under way at one of these terminals.

    Raises:
        CallerError: one is.
    """
    devices = {one.device for one in draft.members}
    for other in await store.active_rollouts(c):
        if other.kind is not draft.kind:
            continue
        held = devices & {one.member.device for one in await store.members_of(c, other.id)}
        if held:
            raise CallerError(
                f"终端“{min(held)}”正在参加另一次同类分批下发“{other.title}”，请等它结束或先回退。"
            )


def check(draft: RolloutDraft) -> None:
    """See that a draft says something that can be followed.

    Raises:
        CallerError: it does not; the sentence says what to write.
    """
    if not draft.title.strip():
        raise CallerError("请填写这次分批下发的名称。")
    given = {
        RolloutKind.CONFIGURATION: bool(draft.settings),
        RolloutKind.CONTENT: bool(draft.records),
        RolloutKind.SOFTWARE: bool(draft.software),
    }
    if not given[draft.kind]:
        raise CallerError("请填写要下发的内容。")
    if draft.software and not is_version(draft.software):
        raise CallerError("软件版本号应以数字开头，只含字母、数字和 . + ~ -，例如 1.4.2。")
    bad = unfit(draft.settings)
    if bad:
        raise CallerError(f"设置项“{bad[0]}”的值不在允许范围内，请更正。")
    gate = draft.gate
    if not (0 < gate.success_percent <= 100 and 0 <= gate.error_percent < 100):  # noqa: PLR2004
        raise CallerError("成功比例应在 1 到 100 之间，出错比例应在 0 到 99 之间。")
