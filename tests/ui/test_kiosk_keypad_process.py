"""Keypad, agent, kiosk and voice as they stand in a hall: four programs, and a visitor who only hears."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from devices.drivers.reasons import Kind
from devices.speech.reading import to_syllables
from tests.support.device_terminal import DeviceTerminal, device_terminal
from tests.support.observed_kiosk import find, observe

pytestmark = pytest.mark.ui

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30
MOST_KEYS = 15


class Hearing:
    """What the voice has been given to say, sentence by sentence."""

    def __init__(self, folder: Path) -> None:
        self.said = folder / "said"
        self.heard = 0
        engine = folder / "bin" / "espeak-ng"
        engine.parent.mkdir(parents=True)
        # The line is written at once and whole: a sentence that is cut off was still begun.
        engine.write_text(f'#!/bin/sh\necho "$(cat)" >> {self.said}\nexec sleep 60\n', "utf-8")
        engine.chmod(0o755)
        self.path = f"{engine.parent}:/usr/bin:/bin"

    async def next(self) -> str:
        """Return the newest sentence, once there is another one."""
        async with asyncio.timeout(PATIENCE_S):
            while len(lines := self._lines()) <= self.heard:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
        self.heard = len(lines)
        return lines[-1]

    def _lines(self) -> list[str]:
        return self.said.read_text("utf-8").splitlines() if self.said.exists() else []


@asynccontextmanager
async def hall(folder: Path) -> AsyncIterator[tuple[DeviceTerminal, Path]]:
    """An agent with its devices and a kiosk of its own process."""
    async with device_terminal(folder) as terminal:
        await terminal.visitor.sees_health(Kind.KEYPAD, "ok")
        await asyncio.to_thread(terminal.visitor._client.stop)
        observer = folder / "observe.sock"
        env = dict(os.environ)
        env.setdefault("SDL_VIDEODRIVER", "offscreen")
        kiosk = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.observed_kiosk", "--size", "1080x1920"),
            *("--observe", str(observer), "--socket", str(folder / "home" / "agent.sock")),
            cwd=ROOT,
            env=env,
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        try:
            yield terminal, observer
        finally:
            kiosk.kill()
            await kiosk.wait()


async def seen(observer: Path, label: str) -> None:
    """Wait until something of this name stands on the glass."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(OSError):
                tree = (await asyncio.to_thread(observe, observer))["tree"]
                if find(tree, label) is not None:
                    return
            await asyncio.sleep(0.1)


async def kiosk_there(terminal: DeviceTerminal) -> None:
    """Wait until the kiosk has found its agent: what is pressed before is pressed before a dark door."""
    async with asyncio.timeout(PATIENCE_S):
        while "kiosk" not in terminal.agent._server.names():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def keypad_is(terminal: DeviceTerminal, level: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not terminal.agent._reporter.devices["keypad"].startswith(level):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_who_only_hears_finds_the_request_and_who_pulls_the_keypad_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ears = Hearing(tmp_path)
    monkeypatch.setenv("PATH", ears.path)
    async with hall(tmp_path) as (terminal, observer):
        await seen(observer, "申请公开")
        await kiosk_there(terminal)
        await terminal.devices.order(Kind.KEYPAD, key="next")
        assert to_syllables("中间键选择") in await ears.next()
        wanted = to_syllables("申请公开，依法申请政府信息")
        for _ in range(MOST_KEYS):
            await terminal.devices.order(Kind.KEYPAD, key="next")
            if wanted in await ears.next():
                break
            # The same key again at once would be a key held down.
            await terminal.devices.order(Kind.KEYPAD, key="repeat")
            await ears.next()
        await terminal.devices.order(Kind.KEYPAD, key="choose")
        assert to_syllables("申请公开政府信息") in await ears.next()
        await seen(observer, "姓名或单位名称")

        await terminal.devices.order(Kind.KEYPAD, cable="out")
        await keypad_is(terminal, "down")
        await terminal.devices.order(Kind.KEYPAD, cable="in")
        await keypad_is(terminal, "ok")
        await terminal.devices.order(Kind.KEYPAD, key="back")
        assert to_syllables("示范县") in await ears.next()
        await seen(observer, "查询")
