"""`make demo`, as a newcomer starts it: from nothing to a printed slip, and again."""

import io
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from tests.support.printed_paper import read_slip_picture
from tests.support.processes import Program, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SEARCH_TILE = (0.5, 0.615)
NEWEST_CARD = (0.5, 0.275)
BACK_HOME = (0.3, 0.965)
BLUE = (0x1F, 0x4E, 0x8C)
NEWEST = "望溪县水务局关于冬季供水管网检修的公告"


class Demo:
    """One run of the command, in a process group of its own as a shell would give it."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._program = Program(
            "demo",
            "setsid",
            *(sys.executable, "-m", "controller", "demo"),
            *("--state", str(state), "--virtual"),
        )
        self._program.wait_line("demo ready", timeout=120)
        self.url = self._said(r"演示页面.*?(http://\S+?)/?$")
        self.family = descendants(self._program.pid)

    def _said(self, pattern: str) -> str:
        found = re.search(pattern, self._program.output, re.MULTILINE)
        assert found, self._program.output
        return found[1]

    @property
    def setup_link(self) -> str:
        return self._said(r"(http://\S+/invite/\S+)")

    @property
    def output(self) -> str:
        return self._program.output

    @property
    def paper(self) -> Path:
        return self._state / "terminals" / "hall-1" / "slips"

    def interrupt(self) -> int:
        """Press Ctrl-C: the terminal sends SIGINT to the whole group."""
        os.killpg(self._program.pid, signal.SIGINT)
        return self._program.wait_end(timeout=20)

    def stop(self) -> None:
        self._program.stop()


class Visitor:
    """Somebody with a browser on the demo page."""

    def __init__(self, demo: Demo, session: aiohttp.ClientSession) -> None:
        self._url = demo.url
        self._session = session
        self._token = ""

    async def open(self) -> None:
        async with self._session.get(f"{self._url}/") as answer:
            page = await answer.text()
        found = re.search(r'data-token="([^"]+)"', page)
        assert found
        self._token = found[1]
        assert "虚构" in page
        assert 'data-pane="hall-1-kiosk"' in page

    async def look(self, pane: str = "hall-1-kiosk") -> Image.Image:
        async with self._session.get(f"{self._url}/picture/{pane}") as answer:
            assert answer.status == 200
            return Image.open(io.BytesIO(await answer.read())).convert("RGB")

    async def touch(self, place: tuple[float, float]) -> None:
        body = {"across": place[0], "down": place[1]}
        headers = {"X-Demo-Token": self._token}
        address = f"{self._url}/touch/hall-1-kiosk"
        async with self._session.post(address, json=body, headers=headers) as answer:
            assert answer.status == 204

    async def sees_blue(self, place: tuple[float, float], *, wanted: bool) -> None:
        """Wait until the kiosk's action blue is, or is not, at this place."""
        for _ in range(100):
            if _is_blue(await self.look(), place) is wanted:
                return
        raise AssertionError(f"blue at {place}: never {wanted}")

    async def slips(self) -> list[dict[str, str]]:
        async with self._session.get(f"{self._url}/state") as answer:
            found: list[dict[str, str]] = (await answer.json())["slips"]
            return found

    async def status(self, address: str) -> tuple[int, str]:
        async with self._session.get(address) as answer:
            return answer.status, await answer.text()


def _is_blue(picture: Image.Image, place: tuple[float, float]) -> bool:
    # Far left in the tile, where neither icon nor word stands.
    return _near_blue(picture, round(0.08 * picture.width), round(place[1] * picture.height))


def descendants(pid: int) -> dict[int, str]:
    """Return process id -> start time of all children, their children, and so on."""
    parents: dict[int, int] = {}
    started: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            parents[int(folder.name)], started[int(folder.name)] = int(fields[1]), fields[19]
    family = {pid}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return {one: started[one] for one in family}


def left_over(family: dict[int, str]) -> dict[int, str]:
    """Return those of a family that still live, with their state."""
    return {
        pid: fields[0]
        for pid, start in family.items()
        if (fields := _stat(pid)) and fields[19] == start
    }


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


@pytest.fixture
def demos() -> Iterator[list[Demo]]:
    running: list[Demo] = []
    yield running
    for demo in running:
        demo.stop()


async def test_from_nothing_to_a_slip_stopped_cleanly_and_continued(
    tmp_path: Path, demos: list[Demo]
) -> None:
    first = Demo(tmp_path / "state")
    demos.append(first)
    async with aiohttp.ClientSession() as session:
        visitor = Visitor(first, session)
        await visitor.open()
        await _both_windows_show_something(visitor)
        await visitor.touch(SEARCH_TILE)
        await visitor.sees_blue(SEARCH_TILE, wanted=False)
        await visitor.touch(BACK_HOME)
        await visitor.sees_blue(SEARCH_TILE, wanted=True)
        link = await _print_the_newest(visitor, first.paper)

        assert first.interrupt() == 0

        assert left_over(first.family) == {}
        assert "WARNING" not in first.output
        assert "Unknown child" not in first.output

        second = Demo(tmp_path / "state")
        demos.append(second)
        visitor = Visitor(second, session)
        await visitor.open()
        await visitor.sees_blue(SEARCH_TILE, wanted=True)
        assert second.setup_link == first.setup_link
        assert second.url == first.url
        assert len(await visitor.slips()) == 1
        status, text = await visitor.status(link)
        assert status == 200
        assert NEWEST in text
        second.stop()
        assert left_over(second.family) == {}


async def _both_windows_show_something(visitor: Visitor) -> None:
    await visitor.sees_blue(SEARCH_TILE, wanted=True)
    for pane in ("hall-1-kiosk", "hall-1-signage-1"):
        picture = await visitor.look(pane)
        colours = picture.quantize(8).getcolors() or []
        most = max(count for count, _ in colours)
        assert most < 0.9 * picture.width * picture.height, f"{pane} is blank"


async def _print_the_newest(visitor: Visitor, paper: Path) -> str:
    await visitor.touch(NEWEST_CARD)
    await visitor.sees_blue(SEARCH_TILE, wanted=False)
    await visitor.touch(await _print_button(visitor))
    slip = paper / "0001.png"
    wait_for("the slip", slip.with_suffix(".json").exists, timeout=40)
    assert [one["site"] for one in await visitor.slips()] == ["县政务服务大厅"]
    read = read_slip_picture(slip)
    assert NEWEST in read.text
    assert "/d/" in read.qr
    return read.qr


async def _print_button(visitor: Visitor) -> tuple[float, float]:
    """Find the one filled button of the reader: the lowest large blue area."""
    for _ in range(100):
        picture = await visitor.look()
        for row in range(picture.height - 1, 0, -4):
            blue = [x for x in range(0, picture.width, 4) if _near_blue(picture, x, row)]
            if len(blue) > picture.width / 16:
                return blue[len(blue) // 2] / picture.width, (row - 16) / picture.height
    raise AssertionError("no print button")


def _near_blue(picture: Image.Image, x: int, y: int) -> bool:
    seen = picture.getpixel((x, y))
    assert isinstance(seen, tuple)
    return all(abs(a - b) < 24 for a, b in zip(seen, BLUE, strict=True))
