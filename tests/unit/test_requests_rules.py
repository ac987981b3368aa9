"""A request's terms, states and statutory blocks."""

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.disclosure.privacy import mask_id_number, mask_name, mask_phone
from content.requests.checking import FormField, is_credit_code, is_id_number, is_phone, missing
from content.requests.deadlines import Deadline, ExtensionRefused, due, extended_due, reply_due
from content.requests.form import ApplicantKind, DeliveryWay, RequestForm, SupplyForm
from content.requests.states import (
    STATE_ZH,
    TRANSITIONS,
    Channel,
    RequestEvent,
    RequestState,
    WrongStep,
    after,
    events_from,
    is_open,
    receive,
)
from content.workdays import china_calendar

_CALENDAR = china_calendar()
# The sample number of GB 11643 itself.
_ID = "11010519491231002X"
_FORM = RequestForm(
    kind=ApplicantKind.PERSON,
    name="测试甲",
    id_number=_ID,
    phone="13800000000",
    body="清源县民政局",
    description="2025年老年人补贴发放办法",
    supply=SupplyForm.PAPER,
    delivery=DeliveryWay.PICK_UP,
)
_RECEIVED = date(2026, 9, 10)


@pytest.mark.parametrize(
    ("deadline", "workdays", "article"),
    [
        (Deadline.CORRECTION_NOTICE, 7, 30),
        (Deadline.REPLY, 20, 33),
        (Deadline.EXTENSION, 20, 33),
        (Deadline.THIRD_PARTY_OPINION, 15, 32),
        (Deadline.JOINT_BODY_OPINION, 15, 34),
    ],
)
def test_each_term_is_that_of_its_article(deadline: Deadline, workdays: int, article: int) -> None:
    assert (deadline.value.workdays, deadline.value.article) == (workdays, article)


def test_terms_are_counted_from_the_day_after_receipt() -> None:
    assert due(Deadline.CORRECTION_NOTICE, _RECEIVED, _CALENDAR).day == date(2026, 9, 20)
    assert due(Deadline.REPLY, _RECEIVED, _CALENDAR).day == date(2026, 10, 14)


def test_a_correction_starts_the_reply_term_anew() -> None:
    counted = reply_due(date(2026, 1, 5), _CALENDAR, corrected_on=_RECEIVED)

    assert counted == due(Deadline.REPLY, _RECEIVED, _CALENDAR)


def test_a_request_that_is_not_confirmed_has_no_due_date() -> None:
    assert reply_due(None, _CALENDAR) is None


def test_a_full_extension_ends_forty_working_days_after_receipt() -> None:
    first = due(Deadline.REPLY, _RECEIVED, _CALENDAR).day

    assert extended_due(first, 20, _CALENDAR).day == date(2026, 11, 11)


@pytest.mark.parametrize("workdays", [0, -1, 21])
def test_an_extension_beyond_the_law_is_refused(workdays: int) -> None:
    with pytest.raises(ExtensionRefused, match="第三十三条"):
        extended_due(_RECEIVED, workdays, _CALENDAR)


@pytest.mark.parametrize(
    ("channel", "state", "received_on"),
    [
        (Channel.IN_PERSON, RequestState.REGISTERED, _RECEIVED),
        (Channel.REGISTERED_POST, RequestState.REGISTERED, _RECEIVED),
        (Channel.ONLINE, RequestState.AWAITING_CONFIRMATION, None),
        (Channel.ORDINARY_POST, RequestState.AWAITING_CONFIRMATION, None),
    ],
)
def test_the_channel_decides_the_day_of_receipt(
    channel: Channel, state: RequestState, received_on: date | None
) -> None:
    received = receive(channel, _RECEIVED)

    assert (received.state, received.received_on, received.filed_on) == (
        state,
        received_on,
        _RECEIVED,
    )


def test_every_state_can_be_reached_and_all_but_the_archive_can_be_left() -> None:
    entries = {receive(channel, _RECEIVED).state for channel in Channel}
    reached = set(entries)
    while (
        new := {target for (source, _), target in TRANSITIONS.items() if source in reached}
        - reached
    ):
        reached |= new

    assert reached == set(RequestState)
    assert [state for state in RequestState if not events_from(state)] == [RequestState.ARCHIVED]


def test_every_state_has_a_chinese_name_of_its_own() -> None:
    assert set(STATE_ZH) == set(RequestState)
    assert len(set(STATE_ZH.values())) == len(RequestState)


def test_every_event_is_in_the_table() -> None:
    assert {event for _, event in TRANSITIONS} == set(RequestEvent)


@given(st.sampled_from(RequestState), st.sampled_from(RequestEvent))
def test_no_state_is_reached_but_by_the_table(state: RequestState, event: RequestEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert after(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(WrongStep, match=STATE_ZH[state]):
            after(state, event)


def test_a_request_can_be_withdrawn_until_there_is_a_reply() -> None:
    assert is_open(RequestState.AWAITING_CONFIRMATION)
    assert is_open(RequestState.IN_CLEARANCE)
    assert not is_open(RequestState.REPLIED)
    assert not is_open(RequestState.ABANDONED)


def test_a_full_form_lacks_nothing() -> None:
    assert missing(_FORM) == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, FormField.NAME),
        ({"id_number": ""}, FormField.ID_NUMBER),
        ({"id_number": "110105194912310021"}, FormField.ID_NUMBER),
        ({"kind": ApplicantKind.BUSINESS}, FormField.ID_NUMBER),
        ({"phone": ""}, FormField.PHONE),
        ({"phone": "1380000000"}, FormField.PHONE),
        ({"delivery": DeliveryWay.POST}, FormField.ADDRESS),
        ({"delivery": DeliveryWay.EMAIL, "address": "a@b"}, FormField.ADDRESS),
        ({"body": ""}, FormField.BODY),
        ({"description": "  低保 "}, FormField.DESCRIPTION),
    ],
)
def test_each_fault_is_named_with_a_sentence_that_says_what_to_do(
    change: dict[str, object], field: FormField
) -> None:
    faults = missing(replace(_FORM, **change))  # type: ignore[arg-type]

    assert [fault.field for fault in faults] == [field]
    assert faults[0].sentence.endswith("。")
    assert "请" in faults[0].sentence


def test_an_empty_form_names_every_block_at_once() -> None:
    empty = replace(
        _FORM, name="", id_number="", phone="", body="", description="", delivery=DeliveryWay.POST
    )

    assert [fault.field for fault in missing(empty)] == list(FormField)


def test_a_purpose_is_neither_a_field_nor_asked_for() -> None:
    assert not [field.name for field in fields(RequestForm) if "purpose" in field.name]
    assert not any(
        "用途" in fault.sentence for fault in missing(replace(_FORM, name="", description=""))
    )


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_of_an_identity_number_is_noticed(place: int, shift: int) -> None:
    wrong = (int(_ID[place]) + shift) % 10

    assert not is_id_number(_ID[:place] + str(wrong) + _ID[place + 1 :])


@given(st.text(max_size=30))
def test_any_text_can_be_checked_and_masked(text: str) -> None:
    for check in (is_id_number, is_credit_code, is_phone):
        assert check(text) in {True, False}
    for mask in (mask_name, mask_id_number, mask_phone):
        assert len(mask(text)) <= len(text)


@pytest.mark.parametrize("number", [_ID, _ID.lower(), f" {_ID} "])
def test_a_true_identity_number_is_accepted(number: str) -> None:
    assert is_id_number(number)


@pytest.mark.parametrize(
    "number", ["11010519490231002X", "１１０１０５19491231002X", "110105491231002", ""]
)
def test_a_number_with_no_such_birthday_or_in_another_form_is_not(number: str) -> None:
    assert not is_id_number(number)


@pytest.mark.parametrize(
    "phone",
    ["13800000000", "+86 138-0000-0000", "0537-5234567", "52345678"],
)
def test_usual_ways_to_write_a_phone_number_are_accepted(phone: str) -> None:
    assert is_phone(phone)


def test_the_code_of_an_organisation_is_checked_by_its_last_symbol() -> None:
    # The sample code of GB 32100 itself.
    assert is_credit_code("91350100M000100Y43")
    assert not is_credit_code("91350100M000100Y44")
    assert (
        missing(replace(_FORM, kind=ApplicantKind.BUSINESS, id_number="91350100M000100Y43")) == ()
    )


@pytest.mark.parametrize("phone", ["12345", "23800000000", "12345678901", "电话", "138000000000"])
def test_what_cannot_be_a_phone_number_is_not(phone: str) -> None:
    assert not is_phone(phone)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("测试甲", "测**"),
        ("张三", "张*"),
        ("欧阳某某", "欧阳**"),
        ("欧阳", "欧*"),
        ("Smith", "S****"),
        ("甲", "*"),
        ("", ""),
    ],
)
def test_a_name_keeps_its_surname_only(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_numbers_keep_too_little_to_be_used() -> None:
    assert mask_id_number(_ID) == "110*************2X"
    assert mask_phone("13800001234") == "138******34"
    assert mask_phone("0537-5234567") == "*********67"
    assert mask_id_number("12345") == "*****"


@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True))
def test_a_masked_identity_number_hides_birth_and_order(number: str) -> None:
    masked = mask_id_number(number)

    assert masked[3:16] == "*" * 13
    assert len(masked) == len(number)
