"""Judge a signature that a person brings: whose key it is, whether it counts, and over what it is."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from content.errors import CallerError
from content.feed.keys import is_signed
from content.feed.policy import Policy
from content.feed.statement import Approval, Statement
from controller.auth.roles import Role
from controller.services.feed_log import counted
from controller.services.policy import may_sign
from controller.store import keys as key_store
from controller.store.people import Person


class UnknownKey(CallerError):
    """The signing key is not the person's own, not active, or not in the signed policy."""


class StaleApproval(CallerError):
    """The signature is not over what is to be published now."""

    def __init__(self) -> None:
        super().__init__(
            "签名与当前待审内容不符，文件可能刚被修改。请刷新页面，核对最新内容后重新签名。"
        )


def counted_and_missing(
    given: Iterable[Approval], *, policy: Policy, statement: Statement
) -> tuple[tuple[Approval, ...], int]:
    """Return the signatures that count, and how many people must still sign; 0 or less: enough.

    Each person counts once, however many keys signed; the last drafter does not count.
    """
    approvals = counted(given, policy=policy, feed=statement.feed)
    rule, keys = policy.rule(statement.feed), policy.by_id
    holders = {keys[one.key_id].holder for one in approvals} - {statement.drafter}
    return approvals, (rule.threshold if rule else 1) - len(holders)


async def check_key(
    c: AsyncConnection,
    by: Person,
    approval: Approval,
    *,
    policy: Policy,
    statement: Statement,
    role: Role = Role.APPROVER,
) -> None:
    """Let a signature pass whose key is the person's own, in the policy, and over this statement.

    Raises:
        UnknownKey: the key does not count.
        StaleApproval: the signature is over something else.
    """
    key = await key_store.find_key(c, approval.key_id)
    if key is None or key.holder != by.id or not may_sign(key, by, role=role):
        raise UnknownKey("这把密钥不是您登记的有效密钥，请在“我的密钥”页面登记后再签名。")
    if not counted((approval,), policy=policy, feed=statement.feed):
        raise UnknownKey("您的密钥尚未列入签名策略，请管理员签发新的签名策略后再签名。")
    if not is_signed(bytes.fromhex(key.public), approval.signature, statement.signed_bytes()):
        raise StaleApproval
