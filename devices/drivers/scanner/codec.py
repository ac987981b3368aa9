"""What a scanner sends: lines that end with CR, LF or silence, as text. Everything in them is untrusted."""

import re
from dataclasses import dataclass, field

SILENCE_S = 0.12
MOST_BYTES = 4096
REPEAT_S = 1.0

TRIGGER = b"\x16T\r"
"""Begin to scan (Honeywell and clones)."""
TRIGGER_OFF = b"\x16U\r"

_ENDS = re.compile(rb"[\r\n]")
_AIM = re.compile(r"\](?P<code>[A-Za-z][0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Scan:
    """One thing scanned. It may be anything, a health code or a bank's: it is never logged.

    Attributes:
        text: what the code says.
        symbology: AIM identifier without "]", such as "Q1" for a QR code; "" if the scanner sends none.
    """

    text: str = field(repr=False)
    symbology: str = ""


class Splitter:
    """Splits the stream into scans. Times are seconds of a clock that never goes back."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._is_too_long = False
        self._last_at = 0.0

    def clear(self) -> None:
        """Forget what has come of an unfinished scan."""
        self._held.clear()
        self._is_too_long = False

    def feed(self, data: bytes, now: float) -> tuple[Scan, ...]:
        """Return the scans that these bytes, or the silence before them, complete."""
        scans = list(self.tick(now))
        if data:
            self._last_at = now
        *lines, rest = _ENDS.split(data)
        for line in lines:
            self._hold(line)
            scans += self._end()
        self._hold(rest)
        return tuple(scans)

    def tick(self, now: float) -> tuple[Scan, ...]:
        """Return what the silence has completed."""
        is_silent = now - self._last_at >= SILENCE_S
        return self._end() if is_silent and (self._held or self._is_too_long) else ()

    def wait_s(self, now: float) -> float | None:
        """Return how long until silence ends what has come; None if nothing has."""
        return max(self._last_at + SILENCE_S - now, 0.0) if self._held else None

    def _hold(self, data: bytes) -> None:
        """Keep bytes up to the cap; what is longer is dropped whole, up to its end."""
        if self._is_too_long or len(self._held) + len(data) > MOST_BYTES:
            self._held.clear()
            self._is_too_long = True
            return
        self._held += data

    def _end(self) -> tuple[Scan, ...]:
        data = bytes(self._held)
        self.clear()
        scan = read_scan(data)
        return (scan,) if scan is not None else ()


def read_scan(data: bytes) -> Scan | None:
    """Return what a line says; None if it is blank or no text."""
    text = _decode(data)
    if text is None:
        return None
    found = _AIM.match(text)
    if found:
        text = text[found.end() :]
    # What a keyboard could not type has no place in a link or a code; it could only disturb a screen.
    text = "".join(sign for sign in text if sign.isprintable()).strip()
    return Scan(text, found.group("code") if found else "") if text else None


def _decode(data: bytes) -> str | None:
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def scan_bytes(text: str, *, symbology: str = "", encoding: str = "utf-8") -> bytes:
    """Return what a scanner sends for a text, for the simulator."""
    prefix = f"]{symbology}" if symbology else ""
    return (prefix + text).encode(encoding) + b"\r\n"


class Repeats:
    """Drops what a scanner held over the same code says again and again."""

    def __init__(self) -> None:
        self._last = ""
        self._at = float("-inf")

    def is_repeat(self, text: str, now: float) -> bool:
        """Tell whether this was said less than a second ago, and remember it."""
        is_same = text == self._last and now - self._at < REPEAT_S
        self._last, self._at = text, now
        return is_same
