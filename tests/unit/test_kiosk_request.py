from datetime import UTC, datetime

import pytest
from msgspec import ValidationError

from content.requests.form import ApplicantKind, DeliveryWay
from devices.ipc.messages import Submit, Submitted
from kiosk.flows.request import RequestFlow, Step
from kiosk.flows.review import masked, review
from kiosk.words import Words
from tests.support.fake_kiosk import FakeAgent, fake_check

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ANSWERS = {
    "name": "某某",
    "id_number": "512299199001011234",
    "phone": "13800000000",
    "body": "县民政局",
    "description": "低保名单",
}


def make_flow() -> tuple[RequestFlow, FakeAgent]:
    agent = FakeAgent()
    keys = iter(f"key-{n}" for n in range(1, 100))
    flow = RequestFlow(agent, check=fake_check, new_key=lambda: next(keys))
    flow.public_url = "https://zone.example"
    return flow, agent


def fill(flow: RequestFlow) -> None:
    for name, value in ANSWERS.items():
        flow.set(name, value)
    for _ in range(3):
        flow.next()


def test_the_three_blocks_come_one_after_the_other_then_the_review() -> None:
    flow, _ = make_flow()
    steps = [flow.view.step]
    for name, value in ANSWERS.items():
        flow.set(name, value)
    for _ in range(4):
        flow.next()
        steps.append(flow.view.step)

    assert steps == [Step.WHO, Step.WHAT, Step.HOW, Step.REVIEW, Step.REVIEW]


def test_a_block_that_lacks_something_says_what_and_stays() -> None:
    flow, _ = make_flow()
    flow.set("name", "某某")
    flow.next()

    assert flow.view.step is Step.WHO
    assert set(flow.view.errors) == {"id_number", "phone"}
    assert flow.view.focus == "id_number"


def test_only_fields_of_this_block_are_complained_about() -> None:
    flow, _ = make_flow()
    flow.next()

    assert "description" not in flow.view.errors


def test_typing_into_a_field_takes_its_complaint_away() -> None:
    flow, _ = make_flow()
    flow.next()
    flow.set("name", "某")

    assert "name" not in flow.view.errors
    assert "phone" in flow.view.errors


def test_an_address_is_asked_for_only_where_something_is_sent() -> None:
    flow, _ = make_flow()
    fill(flow)
    flow.edit(Step.HOW)
    flow.set("delivery", "post")
    flow.next()
    assert set(flow.view.errors) == {"address"}

    flow.set("delivery", "pick_up")
    flow.next()
    assert flow.view.step is Step.REVIEW


def test_changing_the_way_of_delivery_drops_the_address_of_the_other_way() -> None:
    flow, _ = make_flow()
    flow.set("delivery", "email")
    flow.set("address", "a@example.com")
    flow.set("delivery", "post")

    assert flow.view.form.address == ""


def test_text_is_cut_to_its_fields_length_and_choices_are_only_those_there_are() -> None:
    flow, _ = make_flow()
    flow.set("id_number", "1" * 100)
    flow.set("kind", "business")

    assert len(flow.view.form.id_number) == 18
    assert flow.view.form.kind is ApplicantKind.BUSINESS
    with pytest.raises(ValidationError):
        flow.set("kind", "king")


def test_nothing_is_said_to_be_saved_before_the_agent_has_said_so() -> None:
    flow, agent = make_flow()
    fill(flow)
    flow.submit(0, at=AT)

    before = flow.filed
    assert flow.view.step.value == "sending"
    assert before is None
    assert agent.last(Submit).form["name"] == "某某"

    flow.answered(Submitted(key="key-1", code="7KQ2M9XD4F"))
    assert flow.view.step is Step.SAVED
    assert flow.view.url == "https://zone.example/r/7KQ2M9XD4F"
    assert flow.filed is not None
    assert flow.filed.at == AT


def test_a_retry_after_silence_carries_the_same_key() -> None:
    flow, agent = make_flow()
    fill(flow)
    flow.submit(0, at=AT)
    assert flow.tick(20)
    assert (flow.view.step, flow.view.problem) == (Step.FAILED, "silent")
    flow.submit(21, at=AT)

    keys = [m.key for m in agent.sent if isinstance(m, Submit)]
    assert keys == ["key-1", "key-1"]


def test_after_silence_the_form_cannot_be_changed_into_a_second_request() -> None:
    flow, _ = make_flow()
    fill(flow)
    flow.submit(0, at=AT)
    flow.tick(20)

    assert not flow.back()
    flow.set("name", "另一人")
    assert flow.view.form.name == "某某"


def test_a_late_answer_still_counts() -> None:
    flow, _ = make_flow()
    fill(flow)
    flow.submit(0, at=AT)
    flow.tick(20)
    flow.answered(Submitted(key="key-1", code="7KQ2M9XD4F"))

    assert flow.view.step is Step.SAVED


def test_when_the_agent_is_away_everything_typed_is_still_there() -> None:
    flow, agent = make_flow()
    fill(flow)
    agent.connected = False
    flow.submit(0, at=AT)

    assert (flow.view.step, flow.view.problem) == (Step.FAILED, "away")
    assert flow.view.form.name == "某某"
    agent.connected = True
    flow.submit(1, at=AT)
    assert flow.view.step is Step.SENDING


def test_the_agents_own_sentence_is_shown_and_a_corrected_form_is_a_new_request() -> None:
    flow, agent = make_flow()
    fill(flow)
    flow.submit(0, at=AT)
    flow.answered(Submitted(key="key-1", error="存储空间不足，请工作人员代为登记。"))
    assert flow.view.problem.startswith("存储空间不足")

    assert flow.back()
    flow.submit(1, at=AT)
    assert agent.last(Submit).key == "key-2"


def test_an_answer_to_a_visitor_who_has_gone_shows_nothing() -> None:
    flow, _ = make_flow()
    fill(flow)
    flow.submit(0, at=AT)
    flow.wipe()
    flow.answered(Submitted(key="key-1", code="7KQ2M9XD4F"))

    assert flow.view.step is Step.WHO
    assert flow.view.code == ""


def test_an_answer_without_a_key_is_not_ours() -> None:
    flow, _ = make_flow()
    flow.answered(Submitted(key="", code="7KQ2M9XD4F"))

    assert flow.view.step is Step.WHO


def test_submitting_twice_sends_once() -> None:
    flow, agent = make_flow()
    fill(flow)
    flow.submit(0, at=AT)
    flow.submit(0, at=AT)

    assert len(agent.sent) == 1


def test_the_number_that_comes_later_is_added_to_the_receipt() -> None:
    flow, _ = make_flow()
    fill(flow)
    flow.submit(0, at=AT)
    flow.answered(Submitted(key="key-1", code="7KQ2M9XD4F"))
    flow.answered(Submitted(key="key-1", code="7KQ2M9XD4F", number="2026-1"))
    flow.answered(Submitted(key="key-1", code="7KQ2M9XD4F"))

    assert flow.view.number == "2026-1"


def test_the_review_hides_the_middle_of_the_identity_number() -> None:
    flow, _ = make_flow()
    fill(flow)
    blocks = review(flow.view.form, Words.load())
    text = "".join(value for block in blocks for _, value in block.lines)

    assert "512299199001011234" not in text
    assert "5122**********1234" in text
    assert masked("1234") == "1234"


def test_the_review_leaves_out_the_address_of_a_reply_that_is_picked_up() -> None:
    flow, _ = make_flow()
    fill(flow)
    assert flow.view.form.delivery is DeliveryWay.PICK_UP
    labels = [label for block in review(flow.view.form, Words.load()) for label, _ in block.lines]

    assert "邮寄地址" not in labels
