"""The disclosure class 公开属性 of a document, and the grounds for anything but openness.

Source: 政府信息公开条例 (2019), articles 13 to 16; the printed marks are those of official documents
(此件公开发布 and so on).
"""

from enum import StrEnum


class DisclosureClass(StrEnum):
    """How a document may become known."""

    PROACTIVE = "proactive"
    ON_REQUEST = "on_request"
    WITHHELD = "withheld"


DISCLOSURE_CLASS_ZH = {
    DisclosureClass.PROACTIVE: "主动公开",
    DisclosureClass.ON_REQUEST: "依申请公开",
    DisclosureClass.WITHHELD: "不予公开",
}

PRINTED_MARK = {
    DisclosureClass.PROACTIVE: "此件公开发布",
    DisclosureClass.ON_REQUEST: "此件依申请公开",
    DisclosureClass.WITHHELD: "此件不予公开",
}


class WithholdingGround(StrEnum):
    """The closed list of grounds for not disclosing; each with its article."""

    STATE_SECRET = "state_secret"  # noqa: S105 - a legal ground, not a password
    FORBIDDEN_BY_LAW = "forbidden_by_law"
    SECURITY_AND_STABILITY = "security_and_stability"
    THIRD_PARTY = "third_party"
    INTERNAL_AFFAIRS = "internal_affairs"
    PROCESS = "process"
    ENFORCEMENT_FILE = "enforcement_file"


WITHHOLDING_GROUND_ZH = {
    WithholdingGround.STATE_SECRET: "依法确定为国家秘密（条例第十四条）",
    WithholdingGround.FORBIDDEN_BY_LAW: "法律、行政法规禁止公开（条例第十四条）",
    WithholdingGround.SECURITY_AND_STABILITY: "公开后可能危及国家安全、公共安全、经济安全、社会稳定（条例第十四条）",
    WithholdingGround.THIRD_PARTY: "涉及商业秘密、个人隐私（条例第十五条）",
    WithholdingGround.INTERNAL_AFFAIRS: "内部事务信息（条例第十六条第一款）",
    WithholdingGround.PROCESS: "过程性信息（条例第十六条第二款）",
    WithholdingGround.ENFORCEMENT_FILE: "行政执法案卷信息（条例第十六条第二款）",
}
