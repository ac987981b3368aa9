"""Births and wills, in whatever order a broker delivers them."""

import pytest

from controller.services.presence import MAX_PAST, after, is_present
from controller.store.terminals import Presence
from devices.wire.messages import DeviceState, StateMessage

INIT, READY, SLEEPING, LOST = (
    DeviceState.INIT,
    DeviceState.READY,
    DeviceState.SLEEPING,
    DeviceState.LOST,
)


def say(*words: tuple[DeviceState, str, int]) -> Presence:
    known: Presence | None = None
    for now, (state, boot, connection) in enumerate(words, start=100):
        known = after(known, StateMessage(state, boot, connection), now=now) or known
    assert known is not None
    return known


def test_a_will_of_the_same_connection_takes_the_terminal_away() -> None:
    assert say((READY, "a", 1), (LOST, "a", 1)).state is LOST


def test_a_will_that_arrives_after_a_newer_birth_is_ignored() -> None:
    assert say((READY, "a", 1), (READY, "a", 2), (LOST, "a", 1)).state is READY


def test_a_will_of_the_boot_before_is_ignored() -> None:
    assert say((READY, "a", 7), (READY, "b", 1), (LOST, "a", 7)).state is READY


def test_a_will_of_a_boot_that_was_never_heard_is_ignored() -> None:
    assert say((READY, "b", 1), (LOST, "a", 3)).state is READY


def test_a_late_birth_of_the_boot_before_does_not_bring_it_back() -> None:
    known = say((READY, "a", 1), (READY, "b", 1), (LOST, "b", 1), (READY, "a", 1))

    assert (known.boot, known.state) == ("b", LOST)


def test_the_will_of_a_connection_whose_birth_was_missed_counts() -> None:
    assert say((READY, "a", 1), (LOST, "a", 2)).state is LOST


def test_after_a_controllers_loss_of_memory_a_kept_will_is_believed() -> None:
    assert say((LOST, "a", 4)).state is LOST


@pytest.mark.parametrize("last", [SLEEPING, LOST])
def test_a_connection_that_ended_does_not_come_back_under_its_number(last: DeviceState) -> None:
    assert say((READY, "a", 1), (last, "a", 1), (READY, "a", 1)).state is last


def test_since_is_when_it_came_not_when_it_said_so_again() -> None:
    known = say((INIT, "a", 1), (READY, "a", 1), (READY, "a", 1))

    assert (known.state, known.since) == (READY, 100)


def test_since_moves_when_the_terminal_goes_and_when_it_returns() -> None:
    assert say((READY, "a", 1), (LOST, "a", 1)).since == 101
    assert say((READY, "a", 1), (LOST, "a", 1), (INIT, "a", 2)).since == 102


def test_a_terminal_that_restarts_for_ever_does_not_grow_its_row() -> None:
    known = say(*((READY, f"boot-{i}", 1) for i in range(100)))

    assert len(known.past) == MAX_PAST


@pytest.mark.parametrize("state", list(DeviceState))
def test_only_a_terminal_with_a_link_is_present(state: DeviceState) -> None:
    assert is_present(state) is (state in {INIT, READY})
