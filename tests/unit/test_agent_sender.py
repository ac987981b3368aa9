"""What a citizen left is sent until it is acknowledged, over whichever way is open, and registered once."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.agent.retry import FIRST_S, MOST_AT_ONCE, Retry
from devices.wire.messages import Ack, AckResult, Envelope, from_bytes
from tests.support.outbox_terminal import DEVICE, KEY, NOW, Terminal, form


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal(tmp_path)
    yield one
    one.close()


async def test_a_request_is_sent_until_it_is_acknowledged_and_puback_counts_nothing(
    terminal: Terminal,
) -> None:
    terminal.outbox.submit(KEY, form(), NOW)

    await terminal.sender.send_due()
    await terminal.sender.send_due()
    assert len(terminal.delivered()) == 1

    terminal.clock.pass_(FIRST_S)
    await terminal.sender.send_due()
    (again,) = terminal.delivered()
    assert terminal.outbox.length() == 1

    await terminal.sender.acknowledged(terminal.intake.receive(again))
    terminal.clock.pass_(3600)
    await terminal.sender.send_due()
    assert terminal.delivered() == []
    assert terminal.outbox.length() == 0
    assert [ack.result for ack in terminal.settled] == [AckResult.OK]


async def test_dropped_and_doubled_acknowledgements_and_kills_register_each_request_once(
    terminal: Terminal,
) -> None:
    keys = [f"{number:032x}" for number in range(30)]
    for number, key in enumerate(keys):
        terminal.outbox.submit(key, form(name=f"申请人{number}"), NOW + number)

    turn = 0
    while terminal.outbox.length():
        await terminal.sender.send_due()
        for data in terminal.delivered():
            turn += 1
            ack = terminal.intake.receive(data)
            if turn % 3 == 0:
                continue
            await terminal.sender.acknowledged(ack)
            if turn % 4 == 0:
                await terminal.sender.acknowledged(ack)
            if turn % 7 == 0:
                terminal.start()
        terminal.clock.pass_(FIRST_S * 3)
        assert turn < 2000

    assert sorted(terminal.intake.numbers) == [f"{DEVICE}-{key}" for key in keys]
    assert len(set(terminal.intake.numbers.values())) == len(keys)
    assert terminal.intake.duplicates > 0
    settled = [ack.key for ack in terminal.settled]
    assert len(settled) == len(set(settled)) == len(keys)


async def test_a_request_goes_over_https_while_the_broker_is_away(terminal: Terminal) -> None:
    terminal.link.connected = False
    terminal.outbox.submit(KEY, form(), NOW)

    await terminal.sender.send_due()

    assert terminal.outbox.length() == 0
    assert terminal.settled[0].number == terminal.intake.numbers[f"{DEVICE}-{KEY}"]


async def test_with_neither_way_open_the_request_waits(terminal: Terminal) -> None:
    terminal.link.connected = False
    terminal.upstream.up = False
    terminal.outbox.submit(KEY, form(), NOW)

    wait_s = await terminal.sender.send_due()

    assert terminal.outbox.length() == 1
    assert 0 < wait_s <= FIRST_S


async def test_nothing_is_said_to_a_controller_that_says_it_is_down(terminal: Terminal) -> None:
    terminal.sender.controller_is(up=False, after_s=0)
    terminal.outbox.submit(KEY, form(), NOW)
    await terminal.sender.send_due()
    assert terminal.delivered() == []

    terminal.sender.controller_is(up=True, after_s=0)
    await terminal.sender.send_due()

    assert len(terminal.delivered()) == 1


async def test_an_acknowledgement_of_a_stranger_settles_nothing(terminal: Terminal) -> None:
    terminal.outbox.submit(KEY, form(), NOW)

    await terminal.sender.acknowledged(Ack("other-01-" + KEY, AckResult.OK, "9"))

    assert terminal.outbox.length() == 1
    assert terminal.settled == []


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_never_more_than_ten_are_in_flight_and_none_starves(steps: list[int]) -> None:
    retry, now = Retry(), 0.0
    keys = [str(number) for number in range(35)]
    sent: dict[str, list[float]] = {key: [] for key in keys}

    for step in [*steps, *([4] * 8)]:
        for key in retry.take(keys, now):
            sent[key].append(now)
        recent = [at for times in sent.values() for at in times if now - at < FIRST_S]
        assert len(recent) <= MOST_AT_ONCE
        now += step

    assert all(sent.values())
    for times in sent.values():
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert all(gap >= FIRST_S * 2**tries for tries, gap in enumerate(gaps))


async def test_an_outbox_that_is_put_off_waits_keeps_everything_and_goes_on(
    terminal: Terminal,
) -> None:
    terminal.outbox.submit(KEY, form(), NOW)
    await terminal.sender.send_due()
    (sent,) = terminal.delivered()
    key = from_bytes(sent, Envelope).key

    await terminal.sender.acknowledged(Ack(key, AckResult.LATER, wait_s=30))
    terminal.sender.way_opened(after_s=0)

    assert await terminal.sender.send_due() == 30
    assert terminal.delivered() == []
    assert terminal.outbox.length() == 1
    assert terminal.settled == []
    terminal.clock.pass_(31)
    await terminal.sender.send_due()
    assert len(terminal.delivered()) == 1


async def test_a_controller_that_has_enough_over_https_is_left_alone_for_a_while(
    terminal: Terminal,
) -> None:
    terminal.link.connected = False
    terminal.outbox.submit(KEY, form(), NOW)
    terminal.upstream.too_many_s = 60
    await terminal.sender.send_due()

    terminal.upstream.too_many_s = 0
    assert await terminal.sender.send_due() == 60
    assert terminal.outbox.length() == 1
    terminal.clock.pass_(61)
    await terminal.sender.send_due()
    assert terminal.outbox.length() == 0


async def test_old_rows_of_an_answer_that_never_comes_over_https_are_tried_at_each_poll(
    terminal: Terminal,
) -> None:
    terminal.link.connected = False
    terminal.outbox.submit(KEY, form(), NOW)
    terminal.upstream.up = False
    await terminal.sender.send_due()
    terminal.clock.pass_(5)
    await terminal.sender.send_due()
    terminal.upstream.up = True
    await terminal.sender.send_due()
    assert terminal.outbox.length() == 1

    terminal.sender.way_opened(after_s=0)
    await terminal.sender.send_due()

    assert terminal.outbox.length() == 0
