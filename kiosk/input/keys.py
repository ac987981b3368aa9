"""The keys of the touch keyboard, as data: three layouts of the same four rows."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """What the letter keys do."""

    PINYIN = "pinyin"
    LETTERS = "letters"
    DIGITS = "digits"


class KeyKind(StrEnum):
    """What a key does."""

    LETTER = "letter"
    TEXT = "text"
    SHIFT = "shift"
    MODE = "mode"
    BACKSPACE = "backspace"
    SPACE = "space"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Key:
    """One key; `value` is what it puts in or the mode it turns to, `width` in letter keys."""

    kind: KeyKind
    value: str = ""
    width: float = 1.0


Row = tuple[Key, ...]
Layout = tuple[Row, ...]

COLUMNS = 10
"""Letter keys that fit side by side; a shorter row stands in the middle."""


def layout_of(mode: Mode) -> Layout:
    """Return the rows of a mode."""
    match mode:
        case Mode.PINYIN:
            left = Key(KeyKind.TEXT, "、", 1.5)
            return (*_letters(left), _foot(Mode.PINYIN, "，", "。"))
        case Mode.LETTERS:
            left = Key(KeyKind.SHIFT, width=1.5)
            return (*_letters(left), _foot(Mode.LETTERS, "-", "."))
        case Mode.DIGITS:
            return (
                _texts("1234567890"),
                _texts("〔〕（）《》“”：；"),
                (*_texts("X号第-/.@_"), Key(KeyKind.BACKSPACE, width=2)),
                _foot(Mode.DIGITS, "，", "。"),
            )


def _letters(left: Key) -> Layout:
    return (
        _row("qwertyuiop"),
        _row("asdfghjkl"),
        (left, *_row("zxcvbnm"), Key(KeyKind.BACKSPACE, width=1.5)),
    )


def _foot(mode: Mode, comma: str, stop: str) -> Row:
    """Return the last row: the two other modes, marks, space and done."""
    others = tuple(Key(KeyKind.MODE, str(other), 1.25) for other in Mode if other is not mode)
    return (
        *others,
        Key(KeyKind.TEXT, comma),
        Key(KeyKind.SPACE, width=3.5),
        Key(KeyKind.TEXT, stop),
        Key(KeyKind.DONE, width=2),
    )


def _row(letters: str) -> Row:
    return tuple(Key(KeyKind.LETTER, letter) for letter in letters)


def _texts(characters: str) -> Row:
    return tuple(Key(KeyKind.TEXT, one) for one in characters)
