"""What mosquitto's log says about terminals that reach outside their access list. Lines as 2.0.11 writes them."""

import pytest

from controller.broker.settings import DeviceAccess
from controller.broker.trespass import Deed, Trespass, TrespassWatch
from devices.wire import topics

A, FEED = "hall-a", "gov/519900"


@pytest.fixture
def watch() -> TrespassWatch:
    one = TrespassWatch()
    one.allow([DeviceAccess(A, (FEED,))])
    return one


def read(watch: TrespassWatch, *lines: str) -> list[Trespass]:
    return [found for line in lines if (found := watch.read(line))]


def denied(topic: str, *, by: str = A) -> str:
    return f"Denied PUBLISH from {by} (d0, q1, r1, m3, '{topic}', ... (12 bytes))"


def test_a_denied_publish_is_told_with_its_topic(watch: TrespassWatch) -> None:
    found = read(watch, denied(topics.head(FEED)))

    assert found == [Trespass(A, Deed.SAY, "z/1/f/gov/519900/head")]


@pytest.mark.parametrize(
    "asked", ["#", "+/1/c/state", "z/1/d/+/down/#", topics.down_all("hall-b"), "$SYS/#"]
)
def test_a_subscription_beyond_the_list_is_told(watch: TrespassWatch, asked: str) -> None:
    assert read(watch, f"{A} 1 {asked}") == [Trespass(A, Deed.HEAR, asked)]


def test_what_every_terminal_asks_for_is_no_trespass(watch: TrespassWatch) -> None:
    asked = [topic for access, topic in topics.device_acl(A, (FEED,)) if access == "read"]

    assert read(watch, *(f"{A} 1 {one}" for one in asked)) == []


def test_a_will_on_anothers_topic_is_told(watch: TrespassWatch) -> None:
    came = f"New client connected from 10.0.0.1:7 as {A} (p2, c1, k60, u'{A}')."

    own = read(watch, came, "Will message specified (9 bytes) (r1, q1).", f"\t{topics.state(A)}")
    foreign = read(watch, came, "Will message specified (9 bytes) (r1, q1).", "\tz/1/c/state")

    assert (own, foreign) == ([], [Trespass(A, Deed.WILL, "z/1/c/state")])


def test_the_filters_of_a_subscribe_packet_are_no_will(watch: TrespassWatch) -> None:
    assert read(watch, "\tz/1/c/state (QoS 1)", "\tz/1/d/hall-b/want (QoS 1)") == []


def test_the_controller_may_reach_for_everything(watch: TrespassWatch) -> None:
    assert read(watch, "controller 1 z/1/d/+/#") == []


def test_a_terminal_whose_list_is_on_its_way_is_not_blamed_for_its_own_topics(
    watch: TrespassWatch,
) -> None:
    own = [denied(topics.state("hall-new"), by="hall-new"), f"hall-new 1 {topics.head(FEED)}"]

    assert read(watch, *own) == []
    assert read(watch, denied(topics.state(A), by="hall-new")) != []


def test_a_packet_that_is_too_large_is_told(watch: TrespassWatch) -> None:
    found = read(watch, f"Client {A} disconnected due to oversize packet.")

    assert found == [Trespass(A, Deed.OVERSIZE, "")]


def test_a_topic_of_megabytes_is_cut(watch: TrespassWatch) -> None:
    (found,) = read(watch, denied("x" * 9000))

    assert len(found.topic) == 120


@pytest.mark.parametrize(
    "line", ["", "\t", "mosquitto version 2.0.11 running", "Denied PUBLISH", "a b", "Warning: 1 x"]
)
def test_other_lines_tell_of_nobody(watch: TrespassWatch, line: str) -> None:
    assert read(watch, line) == []


@pytest.mark.parametrize(
    ("allowed", "asked", "is_covered"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a/+", True),
        ("a/b", "a/+", False),
        ("a/+", "a/#", False),
        ("a/#", "a/#", True),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/+", "a/b/c", False),
        ("a/b/c", "a/b", False),
        ("+/b", "#", False),
    ],
)
def test_a_filter_covers_what_it_would_let_through(
    allowed: str, asked: str, *, is_covered: bool
) -> None:
    assert topics.covers(allowed, asked) is is_covered
