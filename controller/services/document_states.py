"""Where a working copy may go from where it stands. The state changes through this table alone."""

from enum import StrEnum

from content.errors import CallerError
from controller.store.documents import DocumentState


class Step(StrEnum):
    """What happens to a working copy; also the word in its history."""

    IMPORT = "imported"
    EDIT = "edited"
    PROPOSE = "proposed"
    SUBMIT = "submitted"
    RETURN = "returned"
    SIGN = "signed"
    PUBLISH = "published"
    WITHDRAW = "withdrawn"


class WrongState(CallerError):
    """The document does not stand where this step begins."""


STATE_ZH = {
    DocumentState.DRAFT: "拟稿中",
    DocumentState.SUBMITTED: "待审批",
    DocumentState.RETURNED: "已退回",
    DocumentState.PUBLISHED: "已公开",
    DocumentState.WITHDRAWN: "已撤回",
}

TRANSITIONS: dict[tuple[DocumentState, Step], DocumentState] = {
    # A change after submission is a new draft: what approvers have signed is void.
    **{(state, Step.EDIT): DocumentState.DRAFT for state in DocumentState},
    **{(state, Step.PROPOSE): DocumentState.DRAFT for state in DocumentState},
    (DocumentState.DRAFT, Step.SUBMIT): DocumentState.SUBMITTED,
    (DocumentState.RETURNED, Step.SUBMIT): DocumentState.SUBMITTED,
    (DocumentState.SUBMITTED, Step.RETURN): DocumentState.RETURNED,
    (DocumentState.SUBMITTED, Step.SIGN): DocumentState.SUBMITTED,
    (DocumentState.SUBMITTED, Step.PUBLISH): DocumentState.PUBLISHED,
    # What is public can be taken back at any time, whatever is being drafted meanwhile.
    **{(state, Step.WITHDRAW): DocumentState.WITHDRAWN for state in DocumentState},
}


def after(state: DocumentState, step: Step) -> DocumentState:
    """Return the state after a step.

    Raises:
        WrongState: the step is not possible from here.
    """
    following = TRANSITIONS.get((state, step))
    if following is None:
        raise WrongState(
            f"这份文件现在是“{STATE_ZH[state]}”状态，不能进行这项操作，请刷新页面查看最新状态。"
        )
    return following
