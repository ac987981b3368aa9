"""The inbox: batches, and no terminal that can spoil another's word."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy.exc import DataError

from controller.push.inbox import MOST_AT_ONCE, HelloSaid, Inbox
from controller.services.terminal_words import Word
from controller.store.terminals import Terminal
from devices.wire.messages import FeedMark, Hello, Report
from tests.support.zone_ca import FEED

NOTHING = Hello(0, {})


def terminal(name: str) -> Terminal:
    return Terminal(name, "示例村", "519900", False, (FEED,), (), "", "", "", 0)


@dataclass
class FakeRegister:
    """Keeps words; refuses a batch with a word of "bad" in it, as a database does."""

    kept: list[list[str]] = field(default_factory=list)

    async def said(self, words: Sequence[Word]) -> None:
        if any(one.device == "bad" for one in words):
            raise DataError("INSERT", {}, ValueError("no column takes this"))
        self.kept.append([one.device for one in words])

    async def find_all(self, devices: Iterable[str]) -> tuple[Terminal, ...]:
        return tuple(terminal(one) for one in sorted(devices) if one != "revoked")


@dataclass
class FakeAnswers:
    """Remembers who was answered."""

    said: list[tuple[str, Hello]] = field(default_factory=list)

    async def __call__(self, hellos: Sequence[tuple[Terminal, Hello]]) -> None:
        self.said.extend((one.id, hello) for one, hello in hellos)


@pytest.fixture
def register() -> FakeRegister:
    return FakeRegister()


@pytest.fixture
def answers() -> FakeAnswers:
    return FakeAnswers()


def word(device: str) -> Word:
    return Word(device, Report(1, {}))


async def test_a_word_that_no_column_takes_costs_nobody_else_theirs(
    register: FakeRegister, answers: FakeAnswers, caplog: pytest.LogCaptureFixture
) -> None:
    names = [*(f"a{n}" for n in range(7)), "bad", *(f"b{n}" for n in range(5))]

    await Inbox(register=register, answer=answers).keep([word(one) for one in names])

    assert [one for batch in register.kept for one in batch] == [
        one for one in names if one != "bad"
    ]
    assert [record.message for record in caplog.records] == ["word not kept"]


async def test_the_last_hello_of_a_terminal_is_answered_once(
    register: FakeRegister, answers: FakeAnswers
) -> None:
    newer = Hello(2, {FEED: FeedMark(3, "c")})
    inbox = Inbox(register=register, answer=answers)
    for said in (HelloSaid("a", NOTHING), HelloSaid("revoked", NOTHING), HelloSaid("a", newer)):
        await inbox.put(said)

    await inbox.answer_waiting()

    assert answers.said == [("a", newer)]


async def test_a_broker_that_is_slow_to_take_answers_holds_up_no_word(
    register: FakeRegister,
) -> None:
    answering, taken = asyncio.Event(), asyncio.Event()

    async def answer(hellos: Sequence[tuple[Terminal, Hello]]) -> None:
        assert [one.id for one, _ in hellos] == ["a"]
        answering.set()
        await taken.wait()

    inbox = Inbox(register=register, answer=answer)
    await inbox.put(HelloSaid("a", NOTHING))
    task = asyncio.create_task(inbox.run())
    await answering.wait()
    await inbox.put(word("b"))
    for _ in range(10):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert register.kept == [["b"]]


async def test_all_that_came_while_one_batch_was_written_is_the_next(
    register: FakeRegister, answers: FakeAnswers
) -> None:
    inbox = Inbox(register=register, answer=answers)
    for number in range(MOST_AT_ONCE + 5):
        await inbox.put(word(f"a{number}"))

    task = asyncio.create_task(inbox.run())
    for _ in range(10):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [len(batch) for batch in register.kept] == [MOST_AT_ONCE, 5]
