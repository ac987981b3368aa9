"""The display that the demo's windows open on: the one there is, or a virtual one of its own."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass

from Xlib.display import Display as Connection
from Xlib.error import DisplayError

from content.errors import CallerError
from controller.demo.children import Children
from controller.demo.panes import Pane, Size, Window, arrange, extent, side_by_side

NUMBER = r"^\d+$"
"""What Xvfb says when it serves: the display's number."""


class NoDisplay(CallerError):
    """Neither a display nor the program for a virtual one."""


@dataclass(frozen=True, slots=True)
class Display:
    """An X display and where the windows stand on it."""

    name: str
    is_virtual: bool
    panes: tuple[Pane, ...]


async def open_display(windows: Iterable[Window], children: Children, *, virtual: bool) -> Display:
    """Return the session's display if the windows fit on it, else start a virtual one.

    Raises:
        NoDisplay: with a sentence that says what to install or to set.
    """
    wanted = tuple(windows)
    name = os.environ.get("DISPLAY", "")
    if name and not virtual:
        panes = arrange(wanted, screen_size(name))
        if panes:
            return Display(name, is_virtual=False, panes=panes)
    panes = side_by_side(wanted)
    program = shutil.which("Xvfb")
    if program is None:
        raise NoDisplay(
            "没有放得下演示窗口的图形界面，也没有虚拟屏幕程序。请安装后重试：apt-get install xvfb"
        )
    width, height = extent(panes)
    options = ("-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset")
    number = await children.start(
        "display", (program, *options, "-displayfd", "1"), ready=(NUMBER,), env={}
    )
    return Display(f":{number}", is_virtual=True, panes=panes)


def screen_size(name: str) -> Size:
    """Return width and height of a display's screen, in pixels.

    Raises:
        NoDisplay: it cannot be reached.
    """
    try:
        connection = Connection(name)
    except (DisplayError, OSError) as error:
        raise NoDisplay(
            f"无法连接图形界面 {name}。请检查环境变量 DISPLAY，或加上 --virtual 使用虚拟屏幕。"
        ) from error
    try:
        screen = connection.screen()
        return int(screen.width_in_pixels), int(screen.height_in_pixels)
    finally:
        connection.close()
