"""What devices do to the kiosk: no more than a finger could, and nothing that outlives the visitor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.requests.form import ApplicantKind
from devices.ipc.messages import (
    CardSeen,
    CardWanted,
    Closing,
    DeviceHealth,
    LookUp,
    Presence,
    Progress,
    Scanned,
    Session,
)
from kiosk.flows.card import CardState
from kiosk.flows.devices import DEPARTURE_S, card_sentence
from kiosk.flows.receipt import PATIENCE_S, ReceiptState
from kiosk.flows.request import Step
from kiosk.flows.review import typed_text
from kiosk.flows.session import Phase
from kiosk.flows.surround import Place
from tests.support.fake_kiosk import World, make_world, welcome

NAME, NUMBER = "某某某乙", "519921199001010025"
READER = DeviceHealth(device="id_card", level="ok")


def at_the_form() -> World:
    """A visitor at the first block of a request, at a terminal with a card reader."""
    world = make_world()
    world.kiosk.receive(READER)
    world.kiosk.touch()
    world.kiosk.open_request()
    world.pass_time(0)
    return world


def held_by(*parts: object) -> str:
    """What flows hold; the fake agent remembers all it was sent on purpose."""
    return repr([{k: v for k, v in vars(one).items() if k != "_agent"} for one in parts])


def asked_step(world: World) -> str:
    return world.agent.last(CardWanted).step


def lay_card(world: World, state: str = "read", step: str = "") -> None:
    world.kiosk.receive(
        CardSeen(step=step or asked_step(world), state=state, name=NAME, number=NUMBER)
    )


def test_no_card_is_asked_for_where_there_is_no_reader() -> None:
    world = make_world()
    world.kiosk.touch()
    world.kiosk.open_request()
    world.pass_time(1)

    assert not any(isinstance(one, CardWanted) for one in world.agent.sent)
    assert card_sentence(world.kiosk) == ""


def test_a_card_is_asked_for_only_while_the_step_asks_a_person() -> None:
    world = make_world()
    world.kiosk.receive(READER)
    world.kiosk.touch()
    world.pass_time(1)
    assert not any(isinstance(one, CardWanted) for one in world.agent.sent)

    world.kiosk.open_request()
    world.pass_time(0)
    assert asked_step(world)
    world.kiosk.request.set("kind", ApplicantKind.BUSINESS)
    world.pass_time(0)
    assert asked_step(world) == ""
    world.kiosk.request.set("kind", ApplicantKind.PERSON)
    world.pass_time(0)
    assert asked_step(world)
    world.kiosk.go_home()
    world.pass_time(0)
    assert asked_step(world) == ""


def test_a_card_fills_in_name_and_number_and_the_number_is_shown_masked() -> None:
    world = at_the_form()
    lay_card(world)
    view = world.kiosk.request.view

    assert (view.form.name, view.form.id_number, view.focus) == (NAME, NUMBER, "phone")
    shown = typed_text("id_number", view.form, is_from_card=view.is_from_card)
    assert shown == "5199**********0025"
    assert "取回" in card_sentence(world.kiosk)


def test_a_masked_number_is_begun_anew_by_the_first_key() -> None:
    world = at_the_form()
    lay_card(world)
    world.kiosk.request.set("id_number", "5199**********002")

    view = world.kiosk.request.view
    assert (view.form.id_number, view.is_from_card) == ("", False)
    world.kiosk.request.set("id_number", "1")
    assert world.kiosk.request.view.form.id_number == "1"
    assert world.kiosk.request.view.form.name == NAME


@pytest.mark.parametrize("step", ["", "of another visitor"])
def test_a_card_of_another_step_fills_in_nothing(step: str) -> None:
    world = at_the_form()
    world.kiosk.receive(CardSeen(step=step, state="read", name=NAME, number=NUMBER))

    assert world.kiosk.request.view.form.name == ""


def test_a_card_that_comes_after_the_step_fills_in_nothing() -> None:
    world = at_the_form()
    step = asked_step(world)
    for name, value in (("name", "甲"), ("id_number", "1" * 18), ("phone", "13800000000")):
        world.kiosk.request.set(name, value)
    world.kiosk.request.next()
    world.pass_time(0)
    lay_card(world, step=step)

    assert world.kiosk.request.view.step is Step.WHAT
    assert world.kiosk.request.view.form.name == "甲"


def test_a_card_left_on_the_reader_is_reminded_of_and_watched_until_it_is_gone() -> None:
    world = at_the_form()
    lay_card(world)
    world.kiosk.request.set("phone", "13800000000")
    world.kiosk.request.next()
    world.pass_time(0)

    assert "取回" in world.kiosk.view().notice
    assert asked_step(world)
    lay_card(world, "gone")
    world.pass_time(0)
    assert asked_step(world) == ""


def test_the_reader_can_fail_at_any_moment_and_the_form_says_how_to_go_on() -> None:
    world = at_the_form()
    sorry = "身份证阅读器暂时不能使用，请直接在屏幕上输入证件号码。"
    world.kiosk.receive(DeviceHealth(device="id_card", level="down", reason="x", visitor=sorry))
    assert card_sentence(world.kiosk) == sorry
    world.kiosk.receive(READER)
    assert world.kiosk.card.view.state is CardState.WAITING
    world.kiosk.receive(CardSeen(step=asked_step(world), state="trouble", sentence="请重放。"))
    assert card_sentence(world.kiosk) == "请重放。"
    lay_card(world, "take_away")
    assert "拿开" in card_sentence(world.kiosk)


def test_an_agent_that_came_back_is_asked_again() -> None:
    world = at_the_form()
    before = asked_step(world)
    world.kiosk.receive(welcome())
    world.pass_time(0)

    assert asked_step(world) not in {"", before}


def test_the_end_of_a_session_forgets_the_card_and_asks_no_more() -> None:
    world = at_the_form()
    lay_card(world)
    world.kiosk.end()
    held = held_by(world.kiosk.card, world.kiosk.request, world.kiosk.receipt)

    assert NAME not in held
    assert NUMBER not in held
    assert asked_step(world) == ""
    assert "取回" in world.kiosk.view().notice
    lay_card(world, step="key-1")
    assert world.kiosk.request.view.form.name == ""


def test_a_scan_opens_a_document_that_is_here() -> None:
    world = make_world()
    world.kiosk.receive(Scanned(kind="record", code="DDC0000001"))

    assert (world.kiosk.place, world.kiosk.phase) == (Place.READER, Phase.ACTIVE)
    assert world.agent.last(Session).active


def test_a_bare_code_of_a_document_opens_the_document() -> None:
    world = make_world()
    world.kiosk.receive(Scanned(kind="receipt", code="DDC0000002"))

    assert world.kiosk.place is Place.READER


@pytest.mark.parametrize(
    ("scan", "words"),
    [
        (Scanned(kind="other"), "scan.other"),
        (Scanned(kind="something new", code="DDC0000001"), "scan.other"),
        (Scanned(kind="record", code="0000000000"), "scan.not_held"),
    ],
)
def test_anything_else_is_one_calm_sentence(scan: Scanned, words: str) -> None:
    world = make_world()
    world.kiosk.receive(scan)

    assert world.kiosk.place is Place.HOME
    assert world.kiosk.view().notice == world.kiosk.words(words)


def test_a_receipt_is_looked_up_and_its_code_goes_with_the_visitor() -> None:
    world = make_world()
    world.kiosk.receive(Scanned(kind="receipt", code="7KQ2M9XD4F"))
    assert world.kiosk.place is Place.RECEIPT
    assert world.agent.last(LookUp).code == "7KQ2M9XD4F"
    world.kiosk.receive(Progress(code="0000000000", state="别人的"))
    assert world.kiosk.receipt.view.state.value == "asking"
    world.kiosk.receive(Progress(code="7KQ2M9XD4F", state="已登记", lines=(("受理号", "1"),)))
    assert world.kiosk.receipt.view.state.value == "known"
    assert world.kiosk.receipt.view.url == "https://zone.example:8080/r/7KQ2M9XD4F"

    world.kiosk.end()
    assert "7KQ2M9XD4F" not in held_by(world.kiosk.receipt)
    world.kiosk.receive(Progress(code="7KQ2M9XD4F", state="已登记"))
    assert world.kiosk.receipt.view.state is ReceiptState.CLOSED


@pytest.mark.parametrize("error", ["unknown", "away"])
def test_a_receipt_that_cannot_be_looked_up_shows_the_way_by_phone(error: str) -> None:
    world = make_world()
    world.kiosk.receive(Scanned(kind="receipt", code="7KQ2M9XD4F"))
    world.kiosk.receive(Progress(code="7KQ2M9XD4F", error=error))

    assert world.kiosk.receipt.view.state.value == error
    assert world.kiosk.receipt.view.url


def test_nobody_waits_for_ever_for_a_receipt() -> None:
    world = make_world()
    world.kiosk.receive(Scanned(kind="receipt", code="7KQ2M9XD4F"))
    world.pass_time(PATIENCE_S)

    assert world.kiosk.receipt.view.state is ReceiptState.AWAY


def test_who_comes_is_greeted_and_who_goes_is_wiped_after_a_countdown() -> None:
    world = make_world()
    world.kiosk.receive(Presence(present=True))
    assert world.kiosk.view().notice
    world.kiosk.touch()
    world.kiosk.open_search("低保")
    world.kiosk.receive(Presence(present=False))

    session = world.kiosk.view().session
    assert (session.phase, session.seconds_left) == (Phase.WARNING, DEPARTURE_S)
    world.pass_time(DEPARTURE_S - 0.1)
    assert world.kiosk.phase is Phase.WARNING
    world.pass_time(0.1)
    assert (world.kiosk.phase, world.kiosk.place) == (Phase.RESTING, Place.HOME)
    assert world.kiosk.search.view.query == ""
    assert not world.agent.last(Session).active


def test_any_touch_stops_the_countdown_and_gives_the_whole_time_again() -> None:
    world = make_world()
    world.kiosk.touch()
    world.kiosk.open_search("低保")
    world.kiosk.receive(Presence(present=False))
    world.pass_time(DEPARTURE_S - 0.1)
    world.kiosk.touch()
    world.pass_time(60)

    assert (world.kiosk.phase, world.kiosk.place) == (Phase.ACTIVE, Place.SEARCH)


def test_who_comes_during_the_countdown_does_not_inherit_the_visit() -> None:
    world = make_world()
    world.kiosk.touch()
    world.kiosk.open_search("低保")
    world.kiosk.receive(Presence(present=False))
    world.pass_time(1)
    world.kiosk.receive(Presence(present=True))
    world.pass_time(DEPARTURE_S)

    assert world.kiosk.phase is Phase.RESTING


def test_nobody_who_leaves_a_resting_kiosk_is_counted_down() -> None:
    world = make_world()
    world.kiosk.receive(Presence(present=False))

    assert world.kiosk.view().session.phase is Phase.RESTING


def test_a_departure_never_makes_a_session_longer() -> None:
    world = make_world()
    world.kiosk.touch()
    world.pass_time(119)
    world.kiosk.receive(Presence(present=False))
    world.pass_time(1)

    assert world.kiosk.phase is Phase.RESTING


def test_an_ending_battery_is_said_and_ends_the_session_in_time() -> None:
    world = make_world()
    world.kiosk.touch()
    world.kiosk.open_search("低保")
    world.kiosk.receive(Closing(seconds=30, sentence="电源即将中断，请尽快完成操作。"))
    world.pass_time(29)
    assert world.kiosk.view().notice == "电源即将中断，请尽快完成操作。"
    assert world.kiosk.place is Place.SEARCH
    world.pass_time(1)

    assert (world.kiosk.place, world.kiosk.phase) == (Place.HOME, Phase.RESTING)


def test_mains_that_return_take_the_sentence_away_and_the_session_goes_on() -> None:
    world = make_world()
    world.kiosk.touch()
    world.kiosk.receive(Closing(seconds=30, sentence="电源即将中断。"))
    world.kiosk.receive(Closing(seconds=0))
    world.pass_time(31)

    assert world.kiosk.view().notice == ""
    assert world.kiosk.phase is Phase.ACTIVE


MESSAGES = st.one_of(
    st.builds(
        CardSeen,
        step=st.sampled_from(["", "key-1", "key-2", "key-3"]),
        state=st.sampled_from(["read", "gone", "take_away", "trouble", "?"]),
        name=st.just(NAME),
        number=st.just(NUMBER),
    ),
    st.builds(
        Scanned,
        kind=st.sampled_from(["record", "receipt", "other"]),
        code=st.sampled_from(["", "DDC0000001", "7KQ2M9XD4F"]),
    ),
    st.builds(Presence, present=st.booleans()),
    st.builds(Closing, seconds=st.sampled_from([0, 5]), sentence=st.just("请。")),
    st.builds(Progress, code=st.just("7KQ2M9XD4F"), error=st.sampled_from(["", "away"])),
    st.builds(
        DeviceHealth,
        device=st.sampled_from(["id_card", "scanner", "ups"]),
        level=st.sampled_from(["ok", "warn", "down"]),
    ),
)
ACTS = st.one_of(
    MESSAGES, st.sampled_from(["touch", "open_request", "back", "go_home", "end"]), st.floats(0, 9)
)


@given(st.lists(ACTS, max_size=30))
def test_whatever_devices_say_in_any_order_nothing_of_a_person_outlives_the_visit(
    acts: list[object],
) -> None:
    world = make_world()
    for act in acts:
        match act:
            case str():
                getattr(world.kiosk, act)()
            case float():
                world.pass_time(act)
            case _:
                world.kiosk.receive(act)  # type: ignore[arg-type]
    world.kiosk.end()

    kiosk = world.kiosk
    held = held_by(kiosk.card, kiosk.request, kiosk.receipt)
    assert NAME not in held
    assert NUMBER not in held
    assert "7KQ2M9XD4F" not in held
    assert kiosk.place is Place.HOME
