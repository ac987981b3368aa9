"""Going through a screen by keys: where one comes to, and what is said on the way."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.keypad.codec import Key
from kiosk.flows.walk import Sight, Stop, Walk, hide
from kiosk.words import Words

TITLE = Stop(1, "title", "网络暂时不通", news="网络暂时不通", acts=False)
FIELD = Stop(2, "screen", "姓名，输入框，还没有填写")
BUTTON = Stop(3, "screen", "下一步，按钮")
KEY_Q, KEY_W = Stop(4, "keys 0", "q"), Stop(5, "keys 0", "w")
KEY_A = Stop(6, "keys 1", "a")
HOME = Stop(7, "foot", "首页，按钮")
PAGE = Sight("request", "申请公开", (TITLE, FIELD, BUTTON, HOME))
TYPING = replace(
    PAGE, stops=(TITLE, FIELD, BUTTON, KEY_Q, KEY_W, KEY_A, HOME), typing_into=2, typed="还没有填写"
)


def walk_on(sight: Sight = PAGE) -> Walk:
    walk = Walk(Words.load())
    walk.see(sight)
    return walk


def here(walk: Walk) -> str:
    return walk.at.said if walk.at else ""


def test_one_arrives_at_the_first_thing_of_the_screen_and_hears_where_that_is() -> None:
    assert Walk(Words.load()).see(PAGE) == "申请公开。姓名，输入框，还没有填写"


def test_keys_go_on_and_back_and_say_when_they_come_round() -> None:
    walk = walk_on()

    assert walk.move(Key.NEXT) == BUTTON.said
    assert walk.move(Key.NEXT) == HOME.said
    assert walk.move(Key.NEXT) == f"已到末尾，回到开头。{TITLE.said}"
    assert walk.move(Key.PREVIOUS) == f"已到开头，转到末尾。{HOME.said}"


def test_skip_goes_from_group_to_group_and_round() -> None:
    walk = walk_on(TYPING)
    said = [walk.move(Key.SKIP) for _ in range(5)]

    assert said == ["q", "a", HOME.said, TITLE.said, FIELD.said]


def test_what_is_new_on_the_same_screen_is_said_once_and_by_itself() -> None:
    walk = walk_on()
    news = Stop(9, "screen", "已打印", news="已打印", acts=False)
    sight = replace(PAGE, stops=(*PAGE.stops, news))

    assert walk.see(sight) == "已打印"
    assert walk.see(sight) == ""
    assert here(walk) == FIELD.said


def test_a_chosen_thing_that_has_become_another_is_said_again() -> None:
    walk = walk_on()
    chosen = replace(FIELD, said="公民，已选中")
    walk.asked()

    assert walk.see(replace(PAGE, stops=(TITLE, chosen, BUTTON, HOME))) == "公民，已选中"


def test_a_chosen_thing_that_changes_nothing_to_be_seen_is_at_least_said_to_be_pressed() -> None:
    walk = walk_on()
    walk.asked()

    assert walk.see(PAGE) == "已按下"
    assert walk.see(PAGE) == ""


def test_a_chosen_field_leads_into_the_keyboard_and_the_last_key_back_out_to_it() -> None:
    walk = walk_on()
    walk.asked()
    assert "屏幕键盘已打开" in walk.see(TYPING)
    assert here(walk) == "q"

    assert walk.see(replace(PAGE, stops=PAGE.stops)) == f"屏幕键盘已收起。{FIELD.said}"
    assert here(walk) == FIELD.said


def test_a_field_whose_keyboard_is_open_already_leads_into_it_too() -> None:
    walk = walk_on(TYPING)
    walk.asked()

    assert "屏幕键盘已打开" in walk.see(TYPING)
    assert here(walk) == "q"


def test_what_was_typed_is_said_after_each_key() -> None:
    walk = walk_on(TYPING)
    walk.move(Key.SKIP)
    walk.asked()

    assert walk.see(replace(TYPING, typed="拼音 q，首选 去")) == "拼音 q，首选 去"
    assert here(walk) == "q"


def test_when_what_was_reached_goes_one_stands_where_it_stood() -> None:
    walk = walk_on(TYPING)
    for _ in range(3):
        walk.move(Key.NEXT)
    assert here(walk) == "w"
    gone = tuple(stop for stop in TYPING.stops if stop is not KEY_W)

    assert walk.see(replace(TYPING, stops=gone)) == "q"


def test_hearing_again_says_what_was_kept_back() -> None:
    full = replace(FIELD, said="姓名，已填写2个字", wished="姓名，某某")
    walk = walk_on(replace(PAGE, stops=(full, HOME)))

    assert walk.move(Key.REPEAT) == "申请公开。姓名，某某"


def test_an_empty_screen_is_walked_without_harm() -> None:
    walk = walk_on(Sight("home", "专区", ()))

    assert [walk.move(key) for key in Key] == ["", "", "", "", "", "专区", ""]
    assert walk.see(PAGE) == f"申请公开。{FIELD.said}"


STOPS = st.builds(
    Stop,
    ident=st.integers(1, 6),
    group=st.sampled_from(["title", "screen", "keys 0", "foot"]),
    said=st.sampled_from(["甲", "乙", "丙"]),
    news=st.sampled_from(["", "丁"]),
)
SIGHTS = st.builds(
    Sight,
    page=st.sampled_from(["home", "search"]),
    title=st.just("题"),
    stops=st.lists(STOPS, unique_by=lambda s: s.ident, max_size=6).map(tuple),
    typed=st.sampled_from(["", "现在是：甲"]),
    typing_into=st.integers(0, 3),
)


@given(steps=st.lists(SIGHTS | st.sampled_from(list(Key)) | st.none(), max_size=20))
def test_whatever_comes_one_stands_at_something_that_is_there(
    steps: list[Sight | Key | None],
) -> None:
    walk, now = walk_on(), PAGE
    for step in steps:
        match step:
            case Sight():
                now = step
                walk.see(step)
            case Key():
                walk.move(step)
            case None:
                walk.asked()
        assert (walk.at is None) == (not now.stops)
        assert walk.at is None or walk.at.ident in {stop.ident for stop in now.stops}


def test_what_others_must_not_hear_is_not_said() -> None:
    said = hide(
        "您是谁 姓名：某某某乙 电话：13800000000",
        ("某某某乙", "13800000000", "", "乙"),
        instead="…",
    )

    assert said == "您是谁 姓名：… 电话：…"
