"""The controller's link ends when it is told to, whatever comes together with that."""

import asyncio
import ssl
from typing import Self

import aiomqtt
import pytest
from typing_extensions import override

from controller.push.broker_link import BrokerAddress, BrokerLink, Incoming, LinkEvents, Mailbox


class ForgetfulClient(aiomqtt.Client):
    """Answers at the moment of a cancellation and forgets that one, as wait_for did before Python 3.12."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()

    @override
    async def publish(self, *_: object, **__: object) -> None:
        try:
            self.waiting.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return


async def ready() -> None:
    return


async def test_a_task_cancelled_together_with_the_brokers_answer_ends() -> None:
    link = BrokerLink(
        BrokerAddress((("127.0.0.1", 1),), ssl.create_default_context(), ready), boot="b"
    )
    client = ForgetfulClient()
    link._client = client

    async def say_for_ever() -> None:
        while True:
            await link.publish("z/1/c/state", b"")

    task = asyncio.create_task(say_for_ever())
    await client.waiting.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await task
    assert task.cancelled()


class SpeechlessClient(ForgetfulClient):
    """Connects, and is gone when the goodbye is said: aiomqtt raises that instead of the cancellation."""

    def __init__(self) -> None:
        super().__init__()
        self.is_gone = False

    @override
    async def __aenter__(self) -> Self:
        return self

    @override
    async def __aexit__(self, *_: object) -> None:
        raise aiomqtt.MqttError("Operation timed out")

    @override
    async def subscribe(self, *_: object, **__: object) -> tuple[int, ...]:
        return ()

    @override
    async def publish(self, *_: object, **__: object) -> None:
        if self.is_gone:
            raise aiomqtt.MqttError("Operation timed out")

    @property
    @override
    def messages(self) -> aiomqtt.client.MessagesIterator:
        self.is_gone = True
        return _Silence(self)


class _Silence(aiomqtt.client.MessagesIterator):
    """No message ever comes."""

    def __init__(self, client: SpeechlessClient) -> None:
        self._spoken_to = client

    @override
    async def __anext__(self) -> aiomqtt.Message:
        self._spoken_to.waiting.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_link_whose_goodbye_fails_ends_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = BrokerLink(
        BrokerAddress((("127.0.0.1", 1),), ssl.create_default_context(), ready), boot="b"
    )
    client, downs = SpeechlessClient(), []
    monkeypatch.setattr(link, "_new_client", lambda: client)

    async def nothing(*_: object) -> None:
        return

    task = asyncio.create_task(link.run(LinkEvents(nothing, lambda: downs.append(1), nothing)))
    await client.waiting.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await task
    assert task.cancelled()
    assert downs == [1]


def said(number: int) -> aiomqtt.Message:
    return aiomqtt.Message(f"z/1/d/a{number}/state", b"{}", 1, False, number, None)


def test_a_mailbox_that_had_to_drop_something_says_so() -> None:
    mailbox = Mailbox(2)
    for number in range(2):
        mailbox.put_nowait(said(number))
    before = mailbox.overflowed

    with pytest.raises(asyncio.QueueFull):
        mailbox.put_nowait(said(3))

    assert (before, mailbox.overflowed) == (False, True)


class OverrunClient(SpeechlessClient):
    """Has dropped messages once; then it counts how often the broker is asked for what it keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.mailbox = Mailbox()
        self.subscribed = 0

    @override
    async def subscribe(self, *_: object, **__: object) -> tuple[int, ...]:
        self.subscribed += 1
        return ()

    @property
    @override
    def messages(self) -> aiomqtt.client.MessagesIterator:
        for number in range(1, 4):
            self.mailbox.put_nowait(said(number))
        self.mailbox.overflowed = True
        return _OneWord(self)


class _OneWord(_Silence):
    """One message comes."""

    has_come = False

    @override
    async def __anext__(self) -> aiomqtt.Message:
        if self.has_come:
            return await super().__anext__()
        self.has_come = True
        return said(0)


async def test_after_messages_were_dropped_the_broker_is_asked_for_all_that_it_keeps(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    link = BrokerLink(
        BrokerAddress((("127.0.0.1", 1),), ssl.create_default_context(), ready), boot="b"
    )
    client = OverrunClient()
    heard: list[str] = []
    monkeypatch.setattr(link, "_new_client", lambda: client)

    async def nothing() -> None:
        return

    async def hear(incoming: Incoming) -> None:
        heard.append(incoming.topic)

    task = asyncio.create_task(link.run(LinkEvents(nothing, lambda: None, hear)))
    await client.waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await task

    assert heard == [f"z/1/d/a{number}/state" for number in range(4)]
    assert client.subscribed == 2
    assert not client.mailbox.overflowed
    assert "messages dropped" in [record.message for record in caplog.records]
