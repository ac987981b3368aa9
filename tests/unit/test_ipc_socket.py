"""The socket between agent and UI: half lines, garbage, floods, absences; nobody stalls the other."""

import asyncio
import json
import os
import socket
import stat
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from devices.ipc.client import UiClient
from devices.ipc.messages import (
    MAX_LINE,
    Glass,
    Hello,
    LinkState,
    Ping,
    Pong,
    Submit,
    ToAgent,
    ToUi,
    Welcome,
    encode_line,
    read_to_ui,
)
from devices.ipc.server import MOST_BAD_LINES, UiConnection, UiServer

WELCOME = Welcome(
    terminal="hall-01",
    site="政务服务大厅",
    region="519900",
    zone="示范县",
    public_url="https://zone.example",
    replica="/r",
    trust_root={"keys": [], "threshold": 1},
    attended=True,
    has_printer=False,
)


class Agent:
    """A server that remembers what it heard."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[tuple[str, ToAgent]] = []
        self.gone: list[str] = []
        self.came = asyncio.Event()
        self.new_server()

    def new_server(self) -> None:
        self.server = UiServer(
            self.path, welcome=WELCOME, on_message=self._take, on_left=self._left
        )

    async def _take(self, ui: UiConnection, message: ToAgent) -> None:
        self.heard.append((ui.name, message))
        self.came.set()

    def _left(self, ui: UiConnection) -> None:
        self.gone.append(ui.name)
        self.came.set()

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not what():
                self.came.clear()
                await self.came.wait()


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[Agent]:
    one = Agent(tmp_path / "agent.sock")
    await one.server.start()
    yield one
    await one.server.stop()


class Ui:
    """A raw connection, to send what no client of ours would."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, agent: Agent, name: str = "kiosk") -> "Ui":
        ui = cls(*await asyncio.open_unix_connection(agent.path))
        ui.writer.write(encode_line(Hello(ui=name, pid=os.getpid())))
        assert await ui.read() == WELCOME
        return ui

    async def read(self) -> ToUi:
        async with asyncio.timeout(10):
            return read_to_ui(await self.reader.readline())

    async def ended(self) -> None:
        async with asyncio.timeout(10):
            with suppress(ConnectionError):
                while await self.reader.read(65536):
                    pass

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def test_a_ui_that_says_hello_is_welcomed_and_named(agent: Agent) -> None:
    ui = await Ui.open(agent, "signage-1")

    assert agent.server.names() == {"signage-1"}
    await ui.close()
    await agent.until(lambda: agent.gone == ["signage-1"])
    assert agent.server.names() == frozenset()


async def test_only_this_user_may_open_the_socket(agent: Agent) -> None:
    assert stat.S_IMODE(agent.path.stat().st_mode) == 0o600


async def test_a_socket_left_by_a_killed_agent_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "agent.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    agent = Agent(path)

    await agent.server.start()
    ui = await Ui.open(agent)

    await ui.close()
    await agent.server.stop()
    assert not path.exists()


async def test_a_path_too_long_for_the_kernel_works_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / ("很长的目录名" * 6)
    folder.mkdir()
    agent = Agent(folder / "agent.sock")
    await agent.server.start()
    client = UiClient(agent.path, ui="kiosk")
    client.start()

    await agent.until(lambda: bool(agent.heard))

    await asyncio.to_thread(client.stop)
    await agent.server.stop()


async def test_a_line_in_pieces_is_one_line(agent: Agent) -> None:
    ui = await Ui.open(agent)
    line = encode_line(Pong(frames=7, screen="首页"))
    for byte in line[:-1]:
        ui.writer.write(bytes([byte]))
        await ui.writer.drain()
    assert len(agent.heard) == 1
    ui.writer.write(line[-1:] + encode_line(Pong(frames=8, screen="首页")))

    await agent.until(lambda: len(agent.heard) == 3)

    assert agent.heard[1:] == [("kiosk", Pong(frames=n, screen="首页")) for n in (7, 8)]
    await ui.close()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n",
        b"{}\n",
        b"[]\n",
        b"\xff\xfe\x00\n",
        b'{"m":"pong"}\n',
        b'{"m":"shutdown","v":1}\n',
        b'{"m":"pong","v":2,"frames":1,"screen":""}\n',
        b'{"m":"hello","v":1,"ui":5,"pid":1}\n',
        ("[" * 50_000 + "\n").encode(),
    ],
)
async def test_a_line_that_is_no_message_is_passed_over(agent: Agent, garbage: bytes) -> None:
    ui = await Ui.open(agent)

    ui.writer.write(garbage + encode_line(Pong(frames=1, screen="首页")))

    await agent.until(lambda: len(agent.heard) == 2)
    assert isinstance(agent.heard[1][1], Pong)
    await ui.close()


async def test_who_talks_garbage_only_is_dropped_and_the_others_stay(agent: Agent) -> None:
    good, bad = await Ui.open(agent, "signage-1"), await Ui.open(agent)

    bad.writer.write(b"?\n" * MOST_BAD_LINES)
    await bad.ended()
    good.writer.write(encode_line(Pong(frames=1, screen="")))

    await agent.until(lambda: ("signage-1", Pong(frames=1, screen="")) in agent.heard)
    await good.close()
    await bad.close()


async def test_a_line_over_the_limit_ends_the_connection_unread(agent: Agent) -> None:
    ui = await Ui.open(agent)

    ui.writer.write(b'{"m":"submit","v":1,"key":"' + b"a" * (2 * MAX_LINE))
    await ui.ended()

    await agent.until(lambda: agent.gone == ["kiosk"])
    assert len(agent.heard) == 1
    await ui.close()


async def test_a_half_line_at_the_end_is_not_taken(agent: Agent) -> None:
    ui = await Ui.open(agent)
    ui.writer.write(encode_line(Pong(frames=1, screen=""))[:-1])
    await ui.close()

    await agent.until(lambda: agent.gone == ["kiosk"])

    assert [type(message) for _, message in agent.heard] == [Hello]


async def test_nothing_is_taken_from_who_did_not_say_hello(agent: Agent) -> None:
    reader, writer = await asyncio.open_unix_connection(agent.path)
    writer.write(encode_line(Submit(key="k" * 32, form={})) + encode_line(Hello(ui="x", pid=1)))
    ui = Ui(reader, writer)

    assert await ui.read() == WELCOME

    await agent.until(lambda: bool(agent.heard))
    assert [type(message) for _, message in agent.heard] == [Hello]
    await ui.close()


async def test_a_ui_that_stops_reading_is_dropped_and_the_agent_goes_on(agent: Agent) -> None:
    deaf, good = await Ui.open(agent, "signage-1"), await Ui.open(agent)

    rounds = 0
    while "signage-1" in agent.server.names():
        rounds += 1
        assert rounds < 100_000
        agent.server.send("signage-1", LinkState(online=True, last_contact=rounds))
        if rounds % 50 == 0:
            await asyncio.sleep(0)
    agent.server.broadcast(Ping())

    assert await good.read() == Ping()
    assert agent.gone == ["signage-1"]
    await good.close()
    await deaf.close()


async def test_the_client_hears_speaks_and_drains_in_order(agent: Agent) -> None:
    client = UiClient(agent.path, ui="kiosk")
    client.start()
    await agent.until(lambda: bool(agent.heard))
    for number in range(120):
        agent.server.broadcast(LinkState(online=True, last_contact=number))

    assert client.send(Glass(sequences={"gov/519900": 3}))
    await agent.until(lambda: len(agent.heard) == 2)
    got: list[ToUi] = []
    async with asyncio.timeout(10):
        while len(got) < 121:
            page = client.drain()
            assert len(page) <= 50
            got += page
            await asyncio.sleep(0)

    assert got[0] == WELCOME
    assert got[1:] == [LinkState(online=True, last_contact=number) for number in range(120)]
    await asyncio.to_thread(client.stop)


async def test_the_client_comes_back_by_itself_and_says_hello_again(agent: Agent) -> None:
    client = UiClient(agent.path, ui="kiosk")
    client.start()
    await agent.until(lambda: len(agent.heard) == 1)

    await agent.server.stop()
    agent.new_server()
    await agent.server.start()

    await agent.until(lambda: len(agent.heard) == 2)
    async with asyncio.timeout(10):
        while not client.connected:  # noqa: ASYNC110 - its own thread
            await asyncio.sleep(0.01)
    await asyncio.to_thread(client.stop)


async def test_what_could_not_be_sent_is_not_kept_for_the_next_visitor(tmp_path: Path) -> None:
    client = UiClient(tmp_path / "nobody.sock", ui="kiosk")
    client.start()

    sent = client.send(Submit(key="k" * 32, form={"name": "欧阳甲乙丙"}))
    agent = Agent(tmp_path / "nobody.sock")
    await agent.server.start()
    await agent.until(lambda: bool(agent.heard))

    assert not sent
    assert [type(message) for _, message in agent.heard] == [Hello]
    assert not client._outgoing
    await asyncio.to_thread(client.stop)
    await agent.server.stop()


async def test_the_client_survives_an_agent_that_talks_nonsense(tmp_path: Path) -> None:
    talk = [b"nonsense\n", b'{"m":"ping","v":9}\n', encode_line(Ping())]
    ended = asyncio.Event()

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.writelines(talk)
        await writer.drain()
        await ended.wait()
        writer.close()

    server = await asyncio.start_unix_server(answer, tmp_path / "agent.sock")
    client = UiClient(tmp_path / "agent.sock", ui="kiosk")
    client.start()

    got: list[ToUi] = []
    async with asyncio.timeout(10):
        while not got:
            got = client.drain()
            await asyncio.sleep(0)

    assert got == [Ping()]
    ended.set()
    await asyncio.to_thread(client.stop)
    server.close()


async def test_stopping_a_client_leaves_no_thread(agent: Agent) -> None:
    client = UiClient(agent.path, ui="leaving")
    client.start()
    await agent.until(lambda: bool(agent.heard))

    await asyncio.to_thread(client.stop)

    assert not [thread for thread in threading.enumerate() if thread.name == "ipc leaving"]


def test_messages_are_one_line_each() -> None:
    line = encode_line(Submit(key="k", form={"name": "第一行\n第二行"}))

    assert line.count(b"\n") == 1
    assert json.loads(line)["form"]["name"] == "第一行\n第二行"
