"""What a keypad sends: seven keys, told by their place under the hand. Two ways on the wire.

A keypad with a serial line or a converter sends one ASCII character a key; a USB number pad is read from the kernel
as records of struct input_event (linux/input.h). Both have the same keys at the same places:

    upper middle    the one before        (telephone 2, number pad 8 or arrow up)
    middle          choose                (5, Enter)
    lower middle    the next one          (telephone 8, number pad 2 or arrow down)
    middle left     back                  (4, arrow left, Backspace, Escape)
    middle right    say it again          (6, arrow right)
    lower left      first screen          (telephone 7, number pad 1, Home, *)
    lower right     on to the next group  (telephone 9, number pad 3, End, Tab, #)
"""

import struct
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

HELD_S = 0.15
"""A line keypad repeats a held key about ten times a second; nobody presses so fast."""

EV_KEY = 1
_PRESSED = 1
RECORD = struct.Struct("@llHHi")
"""struct input_event of this machine: seconds, microseconds, type, code, value."""


class Key(StrEnum):
    """What the keys mean."""

    PREVIOUS = "previous"
    NEXT = "next"
    CHOOSE = "choose"
    BACK = "back"
    HOME = "home"
    REPEAT = "repeat"
    SKIP = "skip"


LINE_KEYS: Mapping[int, Key] = MappingProxyType(
    {
        ord("2"): Key.PREVIOUS,
        ord("5"): Key.CHOOSE,
        ord("8"): Key.NEXT,
        ord("4"): Key.BACK,
        ord("6"): Key.REPEAT,
        ord("7"): Key.HOME,
        ord("*"): Key.HOME,
        ord("9"): Key.SKIP,
        ord("#"): Key.SKIP,
    }
)

INPUT_KEYS: Mapping[int, Key] = MappingProxyType(
    {
        72: Key.PREVIOUS,  # KEY_KP8
        103: Key.PREVIOUS,  # KEY_UP
        76: Key.CHOOSE,  # KEY_KP5
        96: Key.CHOOSE,  # KEY_KPENTER
        28: Key.CHOOSE,  # KEY_ENTER
        80: Key.NEXT,  # KEY_KP2
        108: Key.NEXT,  # KEY_DOWN
        75: Key.BACK,  # KEY_KP4
        105: Key.BACK,  # KEY_LEFT
        14: Key.BACK,  # KEY_BACKSPACE
        1: Key.BACK,  # KEY_ESC
        77: Key.REPEAT,  # KEY_KP6
        106: Key.REPEAT,  # KEY_RIGHT
        79: Key.HOME,  # KEY_KP1
        102: Key.HOME,  # KEY_HOME
        55: Key.HOME,  # KEY_KPASTERISK
        81: Key.SKIP,  # KEY_KP3
        107: Key.SKIP,  # KEY_END
        15: Key.SKIP,  # KEY_TAB
    }
)


class LineKeys:
    """Reads a keypad that sends one character a key. What is no key of ours is nothing."""

    def __init__(self) -> None:
        self._last = -1
        self._at = float("-inf")

    def clear(self) -> None:
        """Forget what was held down."""
        self._last, self._at = -1, float("-inf")

    def feed(self, data: bytes, now: float) -> tuple[Key, ...]:
        """Return the keys that were pressed; one that is held down counts once."""
        pressed = []
        for byte in data:
            key = LINE_KEYS.get(byte)
            if key is None:
                continue
            is_held = byte == self._last and now - self._at < HELD_S
            self._last, self._at = byte, now
            if not is_held:
                pressed.append(key)
        return tuple(pressed)


class InputKeys:
    """Reads the kernel's records. The kernel gives whole ones only, so there is nothing to find again."""

    def __init__(self) -> None:
        self._held = b""

    def clear(self) -> None:
        """Forget half a record."""
        self._held = b""

    def feed(self, data: bytes, now: float) -> tuple[Key, ...]:
        """Return the keys that were pressed; the kernel itself tells a held key from a pressed one."""
        del now
        held = self._held + data
        whole = len(held) - len(held) % RECORD.size
        self._held = held[whole:]
        return tuple(
            INPUT_KEYS[code]
            for _, _, kind, code, value in RECORD.iter_unpack(held[:whole])
            if kind == EV_KEY and value == _PRESSED and code in INPUT_KEYS
        )


def line_bytes(key: Key) -> bytes:
    """Return what a line keypad sends for a key, for the simulator."""
    return bytes([next(byte for byte, one in LINE_KEYS.items() if one is key)])


def input_bytes(code: int, value: int) -> bytes:
    """Return the kernel's record of a key: value 1 pressed, 2 held, 0 let go."""
    return RECORD.pack(0, 0, EV_KEY, code, value)
