"""The roles of the desk. A person may have several; the administrator is not thereby an approver."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is trusted with."""

    DRAFTER = "drafter"
    EDITOR = "editor"
    APPROVER = "approver"
    EMERGENCY = "emergency"
    REQUEST_OFFICER = "request_officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ROLE_ZH = {
    Role.DRAFTER: "拟稿",
    Role.EDITOR: "检索编辑",
    Role.APPROVER: "审批",
    Role.EMERGENCY: "应急签发",
    Role.REQUEST_OFFICER: "受理",
    Role.AUDITOR: "审计",
    Role.ADMINISTRATOR: "管理",
}
