"""Who may do what: one table of role and permission, one function that decides.

Every use case asks `require`; pages ask `allow` to know which buttons to draw.
"""

from enum import StrEnum
from typing import Protocol

from content.errors import CallerError
from controller.auth.roles import ROLE_ZH, Role
from controller.store.people import Person


class Forbidden(CallerError):
    """The person may not do this; the sentence says who may."""


class Drafted(Protocol):
    """Anything that one person writes and another one approves."""

    @property
    def drafter(self) -> str:
        """Person id of who began it."""
        ...

    @property
    def contributors(self) -> tuple[str, ...]:
        """Ids of all who changed it since it was last approved."""
        ...


class Permission(StrEnum):
    """What can be done at the desk."""

    READ_DOCUMENTS = "read_documents"
    DRAFT_DOCUMENT = "draft_document"
    APPROVE_DOCUMENT = "approve_document"
    RETURN_DOCUMENT = "return_document"
    WITHDRAW_DOCUMENT = "withdraw_document"
    HOLD_APPROVAL_KEY = "hold_approval_key"
    DRAFT_EMERGENCY = "draft_emergency"
    SIGN_EMERGENCY = "sign_emergency"
    READ_EMERGENCY = "read_emergency"
    LIST_REQUESTS = "list_requests"
    READ_REQUEST = "read_request"
    WORK_REQUEST = "work_request"
    READ_TERMINALS = "read_terminals"
    MANAGE_TERMINALS = "manage_terminals"
    READ_AUDIT = "read_audit"
    MANAGE_PEOPLE = "manage_people"
    SIGN_POLICY = "sign_policy"
    READ_WORDS = "read_words"
    EDIT_WORDS = "edit_words"
    APPROVE_WORDS = "approve_words"


_ALL = frozenset(Role)

TABLE: dict[Permission, frozenset[Role]] = {
    Permission.READ_DOCUMENTS: _ALL,
    Permission.DRAFT_DOCUMENT: frozenset({Role.DRAFTER}),
    Permission.APPROVE_DOCUMENT: frozenset({Role.APPROVER}),
    Permission.RETURN_DOCUMENT: frozenset({Role.APPROVER}),
    Permission.WITHDRAW_DOCUMENT: frozenset({Role.APPROVER}),
    Permission.HOLD_APPROVAL_KEY: frozenset({Role.APPROVER, Role.EMERGENCY}),
    Permission.DRAFT_EMERGENCY: frozenset({Role.DRAFTER, Role.EMERGENCY}),
    Permission.SIGN_EMERGENCY: frozenset({Role.EMERGENCY}),
    Permission.READ_EMERGENCY: _ALL,
    # The list shows no personal data; the request itself does, so only officers open it.
    Permission.LIST_REQUESTS: frozenset({Role.REQUEST_OFFICER, Role.AUDITOR}),
    Permission.READ_REQUEST: frozenset({Role.REQUEST_OFFICER}),
    Permission.WORK_REQUEST: frozenset({Role.REQUEST_OFFICER}),
    Permission.READ_TERMINALS: _ALL,
    Permission.MANAGE_TERMINALS: frozenset({Role.ADMINISTRATOR}),
    Permission.READ_AUDIT: frozenset({Role.AUDITOR}),
    Permission.MANAGE_PEOPLE: frozenset({Role.ADMINISTRATOR}),
    Permission.SIGN_POLICY: frozenset({Role.ADMINISTRATOR}),
    Permission.READ_WORDS: _ALL,
    Permission.EDIT_WORDS: frozenset({Role.EDITOR, Role.DRAFTER}),
    Permission.APPROVE_WORDS: frozenset({Role.APPROVER}),
}
"""Which roles give which permission. The administrator gives rights, but is not thereby an approver."""

_FOUR_EYES = {
    Permission.APPROVE_DOCUMENT,
    Permission.WITHDRAW_DOCUMENT,
    Permission.APPROVE_WORDS,
}


def allow(person: Person, permission: Permission, target: Drafted | None = None) -> bool:
    """Say whether a person may do this, with this object."""
    return not _objection(person, permission, target)


def require(person: Person, permission: Permission, target: Drafted | None = None) -> None:
    """Let pass or refuse.

    Raises:
        Forbidden: with a sentence that says who may.
    """
    objection = _objection(person, permission, target)
    if objection:
        raise Forbidden(objection)


def _objection(person: Person, permission: Permission, target: Drafted | None) -> str:
    if not person.active:
        return "您的账号已停用，请联系管理员。"
    needed = TABLE[permission]
    if not needed & person.roles:
        words = "、".join(ROLE_ZH[role] for role in Role if role in needed)
        return f"您没有这项操作的权限，需要“{words}”角色。请联系管理员，或请有权限的同事办理。"
    # Article 17 of the Regulations asks for review before disclosure: by somebody else.
    if target and permission in _FOUR_EYES and person.id in {target.drafter, *target.contributors}:
        return "您拟稿或修改过这份文件，不能由您本人审批签名，请另一位审批人办理。"
    return ""
