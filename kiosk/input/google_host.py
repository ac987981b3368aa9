"""The process that libgooglepinyin lives in: a line of letters in, a line of JSON proposals out.

Run by kiosk.input.hosted as `python -m kiosk.input.google_host`; it ends when its input ends. Nothing that
comes in is logged, kept or written anywhere.
"""

import sys

import msgspec

from kiosk.input.engine import EngineMissing
from kiosk.input.google import GooglePinyin

RESET = "!"
"""The line that reopens the decoder; its answer is an empty list."""
NO_ENGINE = 3
"""Exit code: the library is not installed."""


def main() -> int:
    """Answer until the input ends."""
    try:
        engine = GooglePinyin()
    except EngineMissing:
        return NO_ENGINE
    for line in sys.stdin:
        sys.stdout.buffer.write(_answer(engine, line.strip()) + b"\n")
        sys.stdout.buffer.flush()
    return 0


def _answer(engine: GooglePinyin, asked: str) -> bytes:
    if asked == RESET:
        engine.reset()
        return b"[]"
    found = engine.compose(asked).candidates
    return msgspec.json.encode([(one.text, one.consumed) for one in found])


if __name__ == "__main__":
    sys.exit(main())
