"""The display that the demo's windows open on: the one there is, or a virtual one of its own."""

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from content.errors import CallerError

START_S = 15.0
"""How long a virtual display may take to come up."""


class NoDisplay(CallerError):
    """Neither a display nor the program for a virtual one."""


@dataclass(frozen=True, slots=True)
class Pane:
    """Where one user interface stands on the display, in pixels."""

    terminal: str
    ui: str
    left: int
    top: int
    width: int
    height: int

    @property
    def name(self) -> str:
        """Name in the demo page's addresses: hall-kiosk."""
        return f"{self.terminal}-{self.ui}"

    @property
    def size(self) -> str:
        """For --size."""
        return f"{self.width}x{self.height}"

    @property
    def position(self) -> str:
        """For --position."""
        return f"{self.left},{self.top}"


@dataclass(frozen=True, slots=True)
class Display:
    """An X display, and the process that serves it if it is ours."""

    name: str
    is_virtual: bool
    server: asyncio.subprocess.Process | None = None

    async def close(self) -> None:
        """End the display server if it is ours."""
        if self.server is not None and self.server.returncode is None:
            self.server.terminate()
            await self.server.wait()


def panes(terminals: tuple[str, ...]) -> tuple[Pane, ...]:
    """Return where each terminal's kiosk (portrait) and screen (landscape) stand, side by side."""
    placed: list[Pane] = []
    left = 0
    for terminal in terminals:
        placed.append(Pane(terminal, "kiosk", left, 0, 1080, 1920))
        left += 1080
    placed.append(Pane(terminals[0], "signage-1", left, 0, 1920, 1080))
    return tuple(placed)


def extent(shown: tuple[Pane, ...]) -> tuple[int, int]:
    """Return width and height that hold all panes."""
    width = max(pane.left + pane.width for pane in shown)
    height = max(pane.top + pane.height for pane in shown)
    return width, height


async def open_display(size: tuple[int, int], log: Path, *, virtual: bool) -> Display:
    """Return the display of the session, or start a virtual one of the given size.

    Raises:
        NoDisplay: with a sentence that says what to install.
    """
    name = os.environ.get("DISPLAY", "")
    if name and not virtual:
        return Display(name, is_virtual=False)
    program = shutil.which("Xvfb")
    if program is None:
        raise NoDisplay(
            "这台电脑没有图形界面，也没有虚拟屏幕程序。请安装后重试：apt-get install xvfb"
        )
    return await _virtual(program, size, log)


async def _virtual(program: str, size: tuple[int, int], log: Path) -> Display:
    reading, writing = os.pipe()
    screen = f"{size[0]}x{size[1]}x24"
    options = ("-screen", "0", screen, "-nolisten", "tcp", "-noreset", "-displayfd", str(writing))
    with log.open("ab") as output:
        server = await asyncio.create_subprocess_exec(
            program, *options, pass_fds=(writing,), stdout=output, stderr=output
        )
    os.close(writing)
    try:
        number = await asyncio.wait_for(asyncio.to_thread(_read_line, reading), START_S)
    finally:
        os.close(reading)
    if not number:
        raise NoDisplay(f"虚拟屏幕没有启动，原因见 {log}。")
    return Display(f":{number}", is_virtual=True, server=server)


def _read_line(reading: int) -> str:
    # Number and line end come in two writes; the server dies if the pipe is closed between them.
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(reading, 16)
        if not piece:
            break
        line += piece
    return line.decode().strip()
