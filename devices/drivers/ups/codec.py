"""NUT's text protocol (TCP 3493): requests as lines, answers as values. Lines end with LF; words may be quoted."""

from dataclasses import dataclass
from enum import Enum

PORT = 3493
_MOST_LINE = 1024


@dataclass(frozen=True, slots=True)
class Variable:
    """VAR <ups> <name> "<value>"."""

    ups: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Listed:
    """UPS <name> "<description>": one line of LIST UPS."""

    ups: str


@dataclass(frozen=True, slots=True)
class ListEnd:
    """END LIST UPS."""


@dataclass(frozen=True, slots=True)
class Failed:
    """ERR <code>, such as DATA-STALE."""

    code: str


Reply = Variable | Listed | ListEnd | Failed


class Flag(Enum):
    """Words of ups.status that this product acts on."""

    ON_LINE = "OL"
    ON_BATTERY = "OB"
    LOW_BATTERY = "LB"
    FORCED_SHUTDOWN = "FSD"
    REPLACE_BATTERY = "RB"


def get_variable(ups: str, name: str) -> bytes:
    """Return the request for a variable."""
    return f"GET VAR {ups} {name}\n".encode()


def list_ups() -> bytes:
    """Return the request for the names of all supplies."""
    return b"LIST UPS\n"


def flags(status: str) -> frozenset[Flag]:
    """Return the flags of ups.status, such as "OB LB DISCHRG"; unknown words are left out."""
    known = {flag.value: flag for flag in Flag}
    return frozenset(known[word] for word in status.split() if word in known)


class Lines:
    """Splits the stream into replies. A line longer than any true one is dropped whole."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._is_too_long = False

    def clear(self) -> None:
        """Forget half a line."""
        self._held.clear()
        self._is_too_long = False

    def feed(self, data: bytes) -> tuple[Reply, ...]:
        """Return the replies that these bytes complete."""
        replies: list[Reply] = []
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._hold(line)
            reply = None if self._is_too_long else read_reply(bytes(self._held))
            replies += [reply] if reply is not None else []
            self.clear()
        self._hold(rest)
        return tuple(replies)

    def _hold(self, data: bytes) -> None:
        if self._is_too_long or len(self._held) + len(data) > _MOST_LINE:
            self._held.clear()
            self._is_too_long = True
            return
        self._held += data


def read_reply(line: bytes) -> Reply | None:
    """Return what a line says; None if it says nothing that is acted on."""
    match words(line.decode("utf-8", "replace")):
        case ["VAR", ups, name, value]:
            return Variable(ups, name, value)
        case ["UPS", ups, *_]:
            return Listed(ups)
        case ["END", "LIST", "UPS", *_]:
            return ListEnd()
        case ["ERR", code, *_]:
            return Failed(code)
        case _:
            return None


def words(line: str) -> list[str]:
    """Split a line into words; quotes hold a word together, a backslash takes the next sign as it is."""
    out: list[str] = []
    word: str | None = None
    is_quoted = False
    signs = iter(line)
    for sign in signs:
        if sign == "\\":
            word = (word or "") + next(signs, "")
        elif sign == '"':
            is_quoted = not is_quoted
            word = word or ""
        elif sign.isspace() and not is_quoted:
            out += [word] if word is not None else []
            word = None
        else:
            word = (word or "") + sign
    return out + ([word] if word is not None else [])
