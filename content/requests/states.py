"""THE transition table of a request: which event leads from which state to which, and on what ground.

Everything that changes a request's state lives in this file. Days are counted in content.requests.deadlines;
forms are checked in content.requests.checking. Articles are those of 政府信息公开条例 (2019).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from content.errors import CallerError


class Channel(StrEnum):
    """How a request came in; the day of receipt hangs on it (article 31)."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    REGISTERED_POST = "registered_post"
    ORDINARY_POST = "ordinary_post"


class RequestState(StrEnum):
    """Where a request stands."""

    AWAITING_CONFIRMATION = "awaiting_confirmation"
    REGISTERED = "registered"
    TRANSFERRED = "transferred"
    UNDER_REVIEW = "under_review"
    AWAITING_CORRECTION = "awaiting_correction"
    AWAITING_REASONS = "awaiting_reasons"
    CONSULTING = "consulting"
    AWAITING_PAYMENT = "awaiting_payment"
    IN_HAND = "in_hand"
    IN_CONFERENCE = "in_conference"
    IN_CLEARANCE = "in_clearance"
    REPLIED = "replied"
    DELIVERED = "delivered"
    ARCHIVED = "archived"
    ABANDONED = "abandoned"
    WITHDRAWN = "withdrawn"
    NOT_PROCESSED = "not_processed"


STATE_ZH = {
    RequestState.AWAITING_CONFIRMATION: "待确认",
    RequestState.REGISTERED: "已登记",
    RequestState.TRANSFERRED: "移交",
    RequestState.UNDER_REVIEW: "审核",
    RequestState.AWAITING_CORRECTION: "补正中",
    RequestState.AWAITING_REASONS: "说明理由中",
    RequestState.CONSULTING: "征求意见中",
    RequestState.AWAITING_PAYMENT: "待缴费",
    RequestState.IN_HAND: "办理",
    RequestState.IN_CONFERENCE: "会商",
    RequestState.IN_CLEARANCE: "审签",
    RequestState.REPLIED: "已答复",
    RequestState.DELIVERED: "已送达",
    RequestState.ARCHIVED: "已归档",
    RequestState.ABANDONED: "视为放弃",
    RequestState.WITHDRAWN: "已撤回",
    RequestState.NOT_PROCESSED: "不予处理",
}


class RequestEvent(StrEnum):
    """What happens to a request."""

    CONFIRMED = "confirmed"
    TRANSFER = "transfer"
    START_REVIEW = "start_review"
    ASK_CORRECTION = "ask_correction"
    CORRECTED = "corrected"
    CORRECTION_LAPSED = "correction_lapsed"
    ASK_REASONS = "ask_reasons"
    REASONS_GIVEN = "reasons_given"
    REASONS_REFUSED = "reasons_refused"
    ACCEPT = "accept"
    CONSULT = "consult"
    OPINION_SETTLED = "opinion_settled"
    ASK_PAYMENT = "ask_payment"
    PAID = "paid"
    PAYMENT_LAPSED = "payment_lapsed"
    CONFER = "confer"
    CONFERRED = "conferred"
    SUBMIT_DRAFT = "submit_draft"
    RETURN_DRAFT = "return_draft"
    REPLY = "reply"
    REPLY_ON_THE_SPOT = "reply_on_the_spot"
    DELIVER = "deliver"
    ARCHIVE = "archive"
    WITHDRAW = "withdraw"
    DECLINE = "decline"


class WrongStep(CallerError):
    """The table has no such step."""


_S, _E = RequestState, RequestEvent

TRANSITIONS = MappingProxyType(
    {
        # Article 31: by internet or fax the day of receipt is the day both sides confirm.
        (_S.AWAITING_CONFIRMATION, _E.CONFIRMED): _S.REGISTERED,
        # Article 45: registration, review, handling, reply, archiving.
        (_S.REGISTERED, _E.TRANSFER): _S.TRANSFERRED,
        (_S.REGISTERED, _E.START_REVIEW): _S.UNDER_REVIEW,
        (_S.TRANSFERRED, _E.START_REVIEW): _S.UNDER_REVIEW,
        (_S.UNDER_REVIEW, _E.TRANSFER): _S.TRANSFERRED,
        (_S.UNDER_REVIEW, _E.ACCEPT): _S.IN_HAND,
        # Article 33: a reply on the spot where it can be given.
        (_S.REGISTERED, _E.REPLY_ON_THE_SPOT): _S.REPLIED,
        (_S.UNDER_REVIEW, _E.REPLY_ON_THE_SPOT): _S.REPLIED,
        # Article 30: one notice within 7 working days; the reply term starts anew; silence is abandonment.
        (_S.UNDER_REVIEW, _E.ASK_CORRECTION): _S.AWAITING_CORRECTION,
        (_S.AWAITING_CORRECTION, _E.CORRECTED): _S.UNDER_REVIEW,
        (_S.AWAITING_CORRECTION, _E.CORRECTION_LAPSED): _S.ABANDONED,
        # Article 35: clearly excessive number or frequency.
        (_S.UNDER_REVIEW, _E.ASK_REASONS): _S.AWAITING_REASONS,
        (_S.AWAITING_REASONS, _E.REASONS_GIVEN): _S.IN_HAND,
        (_S.AWAITING_REASONS, _E.REASONS_REFUSED): _S.NOT_PROCESSED,
        # Article 39: petitions, complaints and requests for publications are not processed as requests.
        (_S.UNDER_REVIEW, _E.DECLINE): _S.NOT_PROCESSED,
        # Articles 32 to 34: third party, joint body, other body; the term pauses.
        (_S.IN_HAND, _E.CONSULT): _S.CONSULTING,
        (_S.CONSULTING, _E.OPINION_SETTLED): _S.IN_HAND,
        # Article 42: fee for a clearly excessive number or frequency.
        (_S.IN_HAND, _E.ASK_PAYMENT): _S.AWAITING_PAYMENT,
        (_S.AWAITING_PAYMENT, _E.PAID): _S.IN_HAND,
        (_S.AWAITING_PAYMENT, _E.PAYMENT_LAPSED): _S.ABANDONED,
        (_S.IN_HAND, _E.CONFER): _S.IN_CONFERENCE,
        (_S.IN_CONFERENCE, _E.CONFERRED): _S.IN_HAND,
        (_S.IN_HAND, _E.SUBMIT_DRAFT): _S.IN_CLEARANCE,
        (_S.IN_CLEARANCE, _E.RETURN_DRAFT): _S.IN_HAND,
        # Articles 33 and 36: the reply.
        (_S.IN_CLEARANCE, _E.REPLY): _S.REPLIED,
        (_S.REPLIED, _E.DELIVER): _S.DELIVERED,
        (_S.DELIVERED, _E.ARCHIVE): _S.ARCHIVED,
        (_S.ABANDONED, _E.ARCHIVE): _S.ARCHIVED,
        (_S.WITHDRAWN, _E.ARCHIVE): _S.ARCHIVED,
        (_S.NOT_PROCESSED, _E.ARCHIVE): _S.ARCHIVED,
        # The applicant may withdraw until there is a reply.
        **{
            (state, _E.WITHDRAW): _S.WITHDRAWN
            for state in (
                _S.AWAITING_CONFIRMATION,
                _S.REGISTERED,
                _S.TRANSFERRED,
                _S.UNDER_REVIEW,
                _S.AWAITING_CORRECTION,
                _S.AWAITING_REASONS,
                _S.CONSULTING,
                _S.AWAITING_PAYMENT,
                _S.IN_HAND,
                _S.IN_CONFERENCE,
                _S.IN_CLEARANCE,
            )
        },
    }
)


@dataclass(frozen=True, slots=True)
class Received:
    """A request at its entry.

    Attributes:
        state: its first state.
        channel: how it came in.
        filed_on: day on which the applicant filed it.
        received_on: day of receipt in law (article 31), from which terms run; None until it is confirmed.
    """

    state: RequestState
    channel: Channel
    filed_on: date
    received_on: date | None


def receive(channel: Channel, filed_on: date) -> Received:
    """Return a new request with the day of receipt that its channel gives it (article 31).

    Args:
        channel: how it came in; a form taken in at the body's staffed desk is IN_PERSON, one sent over the
            network is ONLINE (a zone's setting decides which a terminal is).
        filed_on: day of filing; for registered post the day on which the body signed for it.
    """
    match channel:
        case Channel.IN_PERSON | Channel.REGISTERED_POST:
            return Received(RequestState.REGISTERED, channel, filed_on, filed_on)
        case Channel.ONLINE | Channel.ORDINARY_POST:
            return Received(RequestState.AWAITING_CONFIRMATION, channel, filed_on, None)
        case _:
            assert_never(channel)


def after(state: RequestState, event: RequestEvent) -> RequestState:
    """Return the state that an event leads to.

    Raises:
        WrongStep: the table has no such step.
    """
    found = TRANSITIONS.get((state, event))
    if found is None:
        raise WrongStep(
            f"申请现在的状态是“{STATE_ZH[state]}”，不能进行这一步；请刷新页面查看可以办理的事项。"
        )
    return found


def events_from(state: RequestState) -> tuple[RequestEvent, ...]:
    """Return the events that the table allows in a state, in the order of the table."""
    return tuple(event for source, event in TRANSITIONS if source is state)


def is_open(state: RequestState) -> bool:
    """Tell whether the body still owes the applicant something: a reply has not gone out, nothing has ended it."""
    return RequestEvent.WITHDRAW in events_from(state)
