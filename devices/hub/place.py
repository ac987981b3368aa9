"""Where a peripheral is plugged in: the text of a setting -> a typed place. Reads nothing.

Forms, most exact first: a path; by-path:NAME (the physical socket, the right identity in a kiosk: CH340 adapters
have no serial number); by-id:NAME; VID:PID[:SERIAL]; auto; tcp://HOST:PORT.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from content.errors import CallerError
from devices.drivers.reasons import Kind
from devices.drivers.ups.codec import PORT as NUT_PORT

_USB = re.compile(r"(?P<vid>[0-9a-fA-F]{4}):(?P<pid>[0-9a-fA-F]{4})(?::(?P<serial>.+))?")
_NAMED = re.compile(r"by-(?P<folder>path|id):(?P<name>[^/]+)")
_MOST_PORT = 65535


class BadPlace(CallerError):
    """A setting that names no place; the Chinese sentence says which forms there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peripheral:
    """One peripheral, as terminal.toml has it under devices.KIND.

    Attributes:
        at: where, see this module; "" for none.
        baud: line speed, 0 for the usual one of its kind.
        near_cm: presence: who stands so near counts as a visitor.
        plain: text_sign: takes lines of text instead of ONBON frames.
        width, height: text_sign: its size in dots.
        address: text_sign: its number on the line.
        name: ups: its name in NUT, "" for the first.
    """

    at: str = ""
    baud: int = 0
    near_cm: int = 120
    plain: bool = False
    width: int = 128
    height: int = 32
    address: int = 1
    name: str = ""


@dataclass(frozen=True, slots=True)
class AtPath:
    """A device file, or a stable name of one."""

    path: str


@dataclass(frozen=True, slots=True)
class AtUsb:
    """Whatever USB socket holds this device."""

    vid: int
    pid: int
    serial: str = ""


@dataclass(frozen=True, slots=True)
class AtTcp:
    """A service or a converter."""

    host: str
    port: int

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where trying costs nothing."""
        return self.host in {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Anywhere:
    """The port whose device answers as this kind does."""


Place = AtPath | AtUsb | AtTcp | Anywhere


def parse_place(text: str, kind: Kind) -> Place:
    """Return the place that a setting names.

    Raises:
        BadPlace: it names none, or this kind cannot be told by asking.
    """
    if text == "auto":
        return _anywhere(kind)
    place = _fixed(text)
    if place is None:
        raise BadPlace(
            f"“{text}”不是设备位置。可写：设备路径（/dev/…）、by-path:名称、by-id:名称、"
            "厂商号:产品号（如 1a86:7523）、tcp://主机:端口，或 auto。"
        )
    if kind is Kind.UPS and not isinstance(place, AtTcp):
        raise BadPlace("不间断电源经 NUT 服务接入，请写 auto 或 tcp://主机:端口。")
    return place


def _anywhere(kind: Kind) -> Place:
    match kind:
        case Kind.UPS:
            return AtTcp("127.0.0.1", NUT_PORT)
        case Kind.TEXT_SIGN:
            raise BadPlace("字幕屏无法自动识别，请写明设备路径或 tcp://主机:端口。")
        case Kind.KEYPAD:
            raise BadPlace(
                "无障碍键盘无法自动识别，请写明设备路径（USB 键盘在 /dev/input/by-path/ 下）。"
            )
        case Kind.ID_CARD | Kind.SCANNER | Kind.PRESENCE:
            return Anywhere()


def _fixed(text: str) -> Place | None:
    if text.startswith("/"):
        return AtPath(text)
    if named := _NAMED.fullmatch(text):
        return AtPath(f"/dev/serial/by-{named['folder']}/{named['name']}")
    if usb := _USB.fullmatch(text):
        return AtUsb(int(usb["vid"], 16), int(usb["pid"], 16), usb["serial"] or "")
    return _tcp(text)


def _tcp(text: str) -> AtTcp | None:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    is_whole = parts.scheme == "tcp" and not (parts.path or parts.query or parts.fragment)
    if not is_whole or not host or not port or port > _MOST_PORT:
        return None
    return AtTcp(host, port)
