"""The screen as a process of its own, with a real socket."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from PIL import Image

from devices.ipc.messages import (
    Glass,
    Hello,
    Picture,
    Ping,
    Pong,
    TakePicture,
    ToAgent,
    Welcome,
    encode_line,
    read_to_agent,
)

pytestmark = pytest.mark.ui

ROOT = Path(__file__).parents[2]


async def start(socket: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "signage",
        "--socket",
        str(socket),
        "--size",
        "960x540",
        cwd=ROOT,
        env={**os.environ, "SDL_VIDEODRIVER": "offscreen"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def first_frame(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    return await asyncio.wait_for(process.stdout.readline(), 30)


async def stopped(process: asyncio.subprocess.Process) -> tuple[int, bytes]:
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode is not None
    return process.returncode, errors


async def test_without_an_agent_it_shows_something_and_ends_when_asked(tmp_path: Path) -> None:
    process = await start(tmp_path / "agent.sock")

    assert await first_frame(process) == b"signage first frame\n"
    code, errors = await stopped(process)

    assert code == 0
    assert b"Traceback" not in errors


async def test_it_says_who_it_is_reports_its_glass_and_answers(tmp_path: Path) -> None:
    heard: asyncio.Queue[ToAgent] = asyncio.Queue()
    writers: list[asyncio.StreamWriter] = []

    async def agent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while line := await reader.readline():
            heard.put_nowait(read_to_agent(line))

    passed: list[ToAgent] = []

    async def next_of(kind: type[ToAgent]) -> ToAgent:
        """Return the first message of a kind, come or to come."""
        while not (found := [one for one in passed if isinstance(one, kind)]):
            passed.append(await asyncio.wait_for(heard.get(), 30))
        return found[0]

    server = await asyncio.start_unix_server(agent, tmp_path / "agent.sock")
    process = await start(tmp_path / "agent.sock")
    assert await next_of(Hello) == Hello(ui="signage-1", pid=process.pid)

    writers[0].write(encode_line(welcome(tmp_path)))
    writers[0].write(encode_line(Ping()))
    await first_frame(process)
    picture = tmp_path / "picture.png"
    writers[0].write(encode_line(TakePicture(job="j1", path=str(picture))))
    assert await next_of(Picture) == Picture(job="j1")
    assert await asyncio.to_thread(size_of, picture) == (960, 540)
    assert picture.stat().st_mode & 0o777 == 0o600
    glass, pong = await next_of(Glass), await next_of(Pong)

    assert isinstance(glass, Glass)
    assert len(glass.frame) == 16
    assert isinstance(pong, Pong)
    assert (await stopped(process))[0] == 0
    writers[0].close()
    server.close()
    await server.wait_closed()


def size_of(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as image:
        return image.size


def welcome(folder: Path) -> Welcome:
    return Welcome(
        terminal="t1",
        site="大厅",
        region="512299",
        zone="z",
        public_url="https://zone.example",
        replica=str(folder / "replica.db"),
        trust_root={"keys": [], "threshold": 1},
        attended=True,
        has_printer=False,
    )
