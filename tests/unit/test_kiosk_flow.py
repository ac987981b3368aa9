import logging

import pytest

from devices.ipc.messages import (
    DeviceHealth,
    LinkState,
    ReplicaChanged,
    Session,
    Submit,
    Submitted,
    Tampered,
    Told,
)
from kiosk.flows.home import HomeState
from kiosk.flows.printing import PrintState
from kiosk.flows.reader import ReaderState
from kiosk.flows.request import Step
from kiosk.flows.search import SearchState
from kiosk.flows.surround import BandKind, Place
from tests.support.fake_kiosk import World, document, make_world, welcome

SECRET = "某某某乙"


def use_everything(world: World) -> None:
    """Leave traces of a visitor everywhere."""
    kiosk = world.kiosk
    kiosk.touch()
    kiosk.open_search()
    kiosk.type_query(SECRET)
    world.pass_time(1)
    kiosk.open_record("DDC0000001")
    kiosk.print_record()
    kiosk.open_request_for_record()
    for name in ("name", "description", "body"):
        kiosk.request.set(name, SECRET)
    kiosk.request.set("id_number", "512299199001011234")
    kiosk.request.set("phone", "13800000000")
    for _ in range(3):
        kiosk.request.next()
    kiosk.submit()
    kiosk.receive(Submitted(key=world.agent.last(Submit).key, code="7KQ2M9XD4F"))
    kiosk.print_receipt()
    kiosk.next_text_size()
    kiosk.toggle_contrast()


def everything_held(world: World) -> str:
    kiosk = world.kiosk
    flows = (kiosk.search, kiosk.reader, kiosk.request, kiosk.printing, kiosk.consult)
    return "".join(repr(value) for part in (*flows, kiosk) for value in _own(part))


def _own(part: object) -> list[object]:
    """What a flow holds itself; the fake agent remembers all it was sent on purpose."""
    return [value for name, value in vars(part).items() if name not in {"_agent", "_ports"}]


def test_the_first_screen_stands_before_the_agent_has_answered() -> None:
    world = make_world(welcomed=False)

    assert world.kiosk.home_view().state is HomeState.STARTING
    assert world.kiosk.home_view().zone
    assert world.kiosk.view().bands == ()


def test_after_the_welcome_the_newest_documents_are_listed() -> None:
    view = make_world().kiosk.home_view()

    assert view.state is HomeState.READY
    assert view.zone == "云岭县政务公开专区"
    assert view.date == "2026年11月22日  星期日"
    assert len(view.newest) == 4


def test_an_empty_copy_is_said_to_be_empty() -> None:
    world = make_world(welcomed=False)
    world.content.records.clear()
    world.kiosk.receive(welcome())

    assert world.kiosk.home_view().state is HomeState.EMPTY


def test_a_visitor_may_search_before_the_copy_is_open() -> None:
    world = make_world(welcomed=False)
    world.kiosk.open_search()
    assert world.kiosk.search.view.state.value == "loading"

    world.kiosk.receive(welcome())
    assert world.kiosk.search.view.state is SearchState.BROWSING


def test_back_goes_the_way_the_visitor_came() -> None:
    kiosk = make_world().kiosk
    kiosk.open_search("推进")
    kiosk.open_record("DDC0000001")
    kiosk.open_request_for_record()
    places = []
    for _ in range(4):
        places.append(kiosk.place)
        kiosk.back()

    assert places == [Place.REQUEST, Place.READER, Place.SEARCH, Place.HOME]
    assert kiosk.place is Place.HOME


def test_the_search_is_as_it_was_left() -> None:
    kiosk = make_world().kiosk
    kiosk.open_search("推进")
    kiosk.search.turn(1)
    kiosk.open_record("DDC0000001")
    kiosk.back()

    assert (kiosk.search.view.query, kiosk.search.view.page) == ("推进", 2)


def test_after_the_idle_time_nothing_of_the_visitor_is_held() -> None:
    world = make_world()
    use_everything(world)
    assert SECRET in everything_held(world)

    world.pass_time(120)

    held = everything_held(world)
    for trace in (SECRET, "512299199001011234", "13800000000", "7KQ2M9XD4F", "DDC0000001/"):
        assert trace not in held
    view = world.kiosk.view()
    assert (view.place, view.text_scale, view.high_contrast) == (Place.HOME, 1.0, False)
    assert world.agent.last(Session).active is False


def test_ending_it_oneself_wipes_as_well() -> None:
    world = make_world()
    use_everything(world)
    world.kiosk.end()

    assert SECRET not in everything_held(world)
    assert world.agent.last(Session).active is False


def test_a_record_that_does_not_verify_is_not_shown_and_is_reported_once() -> None:
    world = make_world()
    world.content.bad["DDC0000001"] = "body_changed"
    world.kiosk.open_record("DDC0000001")
    world.kiosk.open_record("DDC0000001")

    assert world.kiosk.reader.view.state is ReaderState.REFUSED
    assert world.kiosk.reader.view.paragraphs == ()
    reports = [m for m in world.agent.sent if isinstance(m, Tampered)]
    assert [(m.record, m.reason) for m in reports] == [("DDC0000001", "body_changed")]


def test_a_withdrawn_record_leaves_the_screen_it_is_read_on() -> None:
    world = make_world()
    world.kiosk.open_record("DDC0000001")
    del world.content.records["DDC0000001"]
    world.kiosk.receive(ReplicaChanged(sequences={"gov/512299": 8}))

    assert world.kiosk.reader.view.state is ReaderState.GONE


def test_an_unrelated_change_keeps_the_page_that_is_being_read() -> None:
    world = make_world()
    world.kiosk.open_record("DDC0000001")
    world.kiosk.reader.turn(2, of=9)
    world.content.records["DDC0000099"] = document(99)
    world.kiosk.receive(ReplicaChanged(sequences={"gov/512299": 8}))

    assert world.kiosk.reader.view.page == 3


def test_a_new_version_begins_at_its_first_page() -> None:
    world = make_world()
    world.kiosk.open_record("DDC0000001")
    world.kiosk.reader.turn(2, of=9)
    world.content.versions["DDC0000001"] = 2
    world.kiosk.receive(ReplicaChanged(sequences={"gov/512299": 8}))

    assert (world.kiosk.reader.view.version, world.kiosk.reader.view.page) == (2, 1)


def test_offline_the_band_says_how_old_the_content_is_and_everything_still_works() -> None:
    world = make_world()
    world.content.as_of = 1_795_311_000
    world.kiosk.receive(LinkState(online=False, last_contact=0))

    band = world.kiosk.view().bands[0]
    assert band.kind is BandKind.OFFLINE
    assert "资料截至 11月22日 09:30" in band.text
    world.kiosk.open_record("DDC0000001")
    world.kiosk.print_record()
    assert world.kiosk.printing.view.state is PrintState.WAITING


def test_the_demo_says_that_it_is_one() -> None:
    world = make_world(welcomed=False)
    world.kiosk.receive(welcome(demo=True))

    assert [band.kind for band in world.kiosk.view().bands] == [BandKind.DEMO]


def test_when_the_agent_is_away_reading_goes_on() -> None:
    world = make_world()
    world.agent.connected = False
    world.kiosk.open_search("推进")

    assert world.kiosk.search.view.rows
    assert [band.kind for band in world.kiosk.view().bands] == [BandKind.AWAY]


def test_an_agent_that_comes_back_learns_that_somebody_is_there_and_the_copy_stays_open() -> None:
    world = make_world()
    world.kiosk.touch()
    world.agent.sent.clear()
    opened = world.content
    world.kiosk.receive(welcome())

    assert world.agent.last(Session).active is True
    assert world.kiosk.has_content
    assert world.content is opened


def test_a_search_in_vain_becomes_the_description_of_a_request() -> None:
    world = make_world()
    world.kiosk.open_search("危房改造名单")
    world.kiosk.open_request()

    assert world.kiosk.request.view.form.description == "危房改造名单"


def test_a_request_from_a_document_names_it() -> None:
    world = make_world()
    world.kiosk.open_record("DDC0000001")
    world.kiosk.open_request_for_record()

    form = world.kiosk.request.view.form
    assert "《云岭县人民政府办公室" in form.description
    assert form.related == "DDC0000001"


def test_going_home_and_back_keeps_the_draft_of_the_same_visitor() -> None:
    world = make_world()
    world.kiosk.open_request()
    world.kiosk.request.set("name", "某某")
    world.kiosk.go_home()
    world.kiosk.open_request()

    assert world.kiosk.request.view.form.name == "某某"


def test_after_a_receipt_the_next_request_is_empty() -> None:
    world = make_world()
    use_everything(world)
    assert world.kiosk.request.view.step is Step.SAVED
    world.kiosk.go_home()
    world.kiosk.open_request()

    assert world.kiosk.request.view.form.name == ""


def test_contacts_are_one_a_department_and_bodies_are_known() -> None:
    world = make_world()
    world.kiosk.open_consult()

    view = world.kiosk.consult.view
    assert len({contact.department for contact in view.contacts}) == len(view.contacts) == 6
    assert view.pages == 2
    assert world.kiosk.bodies()[0] == "云岭县人民政府办公室"


def test_a_mistake_of_ours_ends_in_a_calm_sentence_that_goes_by_itself() -> None:
    world = make_world()
    use_everything(world)
    world.kiosk.recover()

    assert world.kiosk.view().notice
    assert SECRET not in everything_held(world)
    world.pass_time(11)
    assert world.kiosk.view().notice == ""


def test_a_printers_health_is_no_business_of_the_visitors_screen() -> None:
    world = make_world()
    before = world.kiosk.view()
    world.kiosk.receive(DeviceHealth(device="printer", level="down"))

    assert world.kiosk.view() == before


def test_nothing_a_visitor_types_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = make_world()
    use_everything(world)
    world.pass_time(200)

    assert SECRET not in "".join(str(vars(record)) for record in caplog.records)


def test_content_that_nobody_renewed_is_marked_though_the_link_is_there() -> None:
    world = make_world()
    world.content.as_of = 1_795_311_000 - 3 * 24 * 3600

    band = world.kiosk.view().bands[0]

    assert band.kind is BandKind.STALE
    assert "资料截至 11月19日 09:30" in band.text


def test_content_of_this_morning_is_not_marked() -> None:
    world = make_world()
    world.content.as_of = 1_795_311_000

    assert world.kiosk.view().bands == ()


def test_what_came_of_a_stick_is_said_on_the_screen_and_goes_again() -> None:
    world = make_world()

    world.kiosk.receive(Told(text="U 盘内容包校验通过，终端内容已是最新，可以拔出 U 盘。"))
    assert world.kiosk.view().notice.startswith("U 盘内容包校验通过")

    world.clock.advance(61)
    world.kiosk.tick()
    assert world.kiosk.view().notice == ""
