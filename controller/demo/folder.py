"""The demo's state folder: it belongs to a demo and to one at a time, and its zone.toml names free ports."""

import fcntl
import os
import socket
import tomllib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from content.errors import CallerError
from controller.config import FILE, ZoneConfig, load_config
from controller.demo.seed import REGION, ZONE

LOOPBACK = "127.0.0.1"
FIRST_PORTS = {"web": 8080, "api": 8443, "broker": 8883}
FIRST_PAGE_PORT = 8090
LAST_PORT = 65535
MARK = "demo.zone"
"""A file that says: this state folder is a demo's. The demo opens no other."""
LOCK = "demo.lock"
PAGE_PORT = "page.port"


class NotADemo(CallerError):
    """The state folder belongs to a real zone."""


class FolderProblem(CallerError):
    """The state folder cannot be used now; the sentence says what to do."""


@contextmanager
def held(state: Path) -> Iterator[None]:
    """Hold the folder for this demo alone; the lock goes with the process, however it ends.

    Raises:
        NotADemo: the folder holds a zone that no demo made.
        FolderProblem: another demo runs in it, or it cannot be written.
    """
    _claim(state)
    handle = os.open(state / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise FolderProblem(
            f"另一个演示正在使用 {state}。请先停止它，或换一个目录：--state DIR"
        ) from error
    finally:
        os.close(handle)


def _claim(state: Path) -> None:
    try:
        (state / "cast").mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (state / MARK).exists():
            if (state / FILE).exists() or (state / "zone.db").exists():
                raise NotADemo(
                    f"{state} 是正式专区的数据目录，不能用于演示。请换一个目录：--state DIR"
                )
            (state / MARK).write_text("demo\n", "utf-8")
    except OSError as error:
        raise FolderProblem(
            f"无法写入 {state}，请检查权限和磁盘空间，或换一个目录：--state DIR"
        ) from error


def configure(state: Path) -> ZoneConfig:
    """Write zone.toml with free ports, those of the last start if they still are.

    Raises:
        FolderProblem: no port is free.
    """
    ports = _choose_ports(state)
    lines = (
        f'zone = "{ZONE}"',
        f'region = "{REGION}"',
        f'public_url = "http://{LOOPBACK}:{ports["web"]}"',
        *(f"[{name}]\nport = {port}" for name, port in ports.items()),
    )
    (state / FILE).write_text("\n".join(lines) + "\n", "utf-8")
    return load_config(state)


def listen_for_page(state: Path) -> socket.socket:
    """Return a listening socket for the demo page, at the port of the last start if it is free.

    Raises:
        FolderProblem: no port is free.
    """
    file = state / PAGE_PORT
    try:
        first = int(file.read_text("utf-8"))
    except (OSError, ValueError):
        first = FIRST_PAGE_PORT
    for port in range(first, LAST_PORT + 1):
        try:
            listener = socket.create_server((LOOPBACK, port))
        except OSError:
            continue
        file.write_text(str(port), "utf-8")
        return listener
    raise _no_port(first)


def _choose_ports(state: Path) -> dict[str, int]:
    before = _ports_before(state)
    chosen: dict[str, int] = {}
    for name, first in FIRST_PORTS.items():
        chosen[name] = _free_from(before.get(name, first), chosen.values())
    return chosen


def _ports_before(state: Path) -> dict[str, int]:
    try:
        values = tomllib.loads((state / FILE).read_text("utf-8"))
        return {name: int(values[name]["port"]) for name in FIRST_PORTS}
    except (OSError, ValueError, KeyError):
        return {}  # a first start, or one that was cut off while it wrote


def _free_from(first: int, taken: Collection[int]) -> int:
    for port in range(first, LAST_PORT + 1):
        if port not in taken and port != FIRST_PAGE_PORT and _is_free(port):
            return port
    raise _no_port(first)


def _no_port(first: int) -> FolderProblem:
    return FolderProblem(f"从 {first} 起没有空闲端口，请停止一些程序后重试。")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
