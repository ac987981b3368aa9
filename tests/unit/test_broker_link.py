"""The controller's link ends when it is told to, whatever comes together with that."""

import asyncio
import ssl

import aiomqtt
import pytest
from typing_extensions import override

from controller.push.broker_link import BrokerAddress, BrokerLink


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
