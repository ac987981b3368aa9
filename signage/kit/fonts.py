"""Which typeface draws what: Noto Sans SC for all text, HanaMinB for rare hanzi, lucide for icons.

Together the first two hold every hanzi of GB 18030-2022 level 3. Kivy falls back by no glyph on its own, so
text that needs the second font is marked up here. Registration needs Kivy; everything else is pure.
"""

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import groupby
from pathlib import Path

_FOLDER = Path(__file__).parent / "fonts"
REGULAR = _FOLDER / "NotoSansSC-Regular.ttf"
BOLD = _FOLDER / "NotoSansSC-Bold.ttf"
ICONS = _FOLDER / "lucide.ttf"
RARE = Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")
"""From Debian's fonts-hanazono; without it a rare character shows as a box, nothing else changes."""

TEXT_FONT = "Sans"
ICON_FONT = "Icons"
RARE_FONT = "HanaMinB"

Measure = Callable[[str], float]

_FIRST_HANZI, _LAST_HANZI = "一", "龥"
"""All of them are equally wide."""

_SURE = (
    (0x20, 0x7E),
    (0xB7, 0xB7),
    (0x2013, 0x2014),
    (0x2018, 0x2019),
    (0x201C, 0x201D),
    (0x2026, 0x2026),
    (0x2460, 0x2473),
    (0x3000, 0x3003),
    (0x3005, 0x3011),
    (0x3014, 0x3015),
    (0x4E00, 0x9FA5),
    (0xFF01, 0xFF5E),
)
"""Ranges that the text font is known to hold whole, so that plain text never opens its cmap."""


def register() -> None:
    """Make the fonts known to Kivy under the names above."""
    from kivy.core.text import LabelBase

    LabelBase.register(TEXT_FONT, str(REGULAR), str(REGULAR), str(BOLD), str(BOLD))
    LabelBase.register(ICON_FONT, str(ICONS))
    if RARE.exists():
        LabelBase.register(RARE_FONT, str(RARE))


@lru_cache(maxsize=1)
def _icon_codes() -> dict[str, int]:
    codes: dict[str, int] = json.loads((_FOLDER / "lucide.json").read_text("utf-8"))
    return codes


def icon(name: str) -> str:
    """Return the character that draws this icon in ICON_FONT.

    Raises:
        KeyError: lucide has no icon of this name.
    """
    return chr(_icon_codes()[name])


def plain_markup(text: str) -> str:
    """Return the text as markup that shows exactly these characters, rare ones in their own font."""
    return "".join(_run(list(run), rare=rare) for rare, run in groupby(text, key=_is_rare))


def marked(text: str, spans: Iterable[tuple[int, int]], *, colour: str = "") -> str:
    """Return markup with the spans [start, end) bold, and in a colour such as "1F4E8C" if given."""
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts.append(plain_markup(text[at:start]))
        inner = f"[b]{plain_markup(text[start:end])}[/b]"
        parts.append(f"[color={colour}]{inner}[/color]" if colour else inner)
        at = end
    return "".join([*parts, plain_markup(text[at:])])


@lru_cache(maxsize=32)
def measurer(size: float, *, bold: bool = False) -> Measure:
    """Return a function that gives the width in pixels of a short piece of text, remembered by piece."""
    from kivy.core.text import Label

    label = Label(font_name=TEXT_FONT, font_size=size, bold=bold)
    full = float(label.get_extents("国")[0])
    known: dict[str, float] = {}

    def measure(piece: str) -> float:
        if len(piece) == 1 and _FIRST_HANZI <= piece <= _LAST_HANZI:
            return full
        if piece not in known:
            known[piece] = float(label.get_extents(piece)[0])
        return known[piece]

    return measure


def forget_measures() -> None:
    """Drop every piece that was measured: some are what a visitor typed."""
    measurer.cache_clear()


def _is_rare(character: str) -> bool:
    point = ord(character)
    if any(first <= point <= last for first, last in _SURE):
        return False
    return point in _rare_points()


@lru_cache(maxsize=1)
def _rare_points() -> frozenset[int]:
    """Return the code points that only the rare font holds; reading the two cmaps takes a third of a second."""
    from fontTools.ttLib import TTFont

    if not RARE.exists():
        return frozenset()
    held = TTFont(REGULAR, lazy=True).getBestCmap()
    return frozenset(p for p in TTFont(RARE, lazy=True).getBestCmap() if p not in held)


def _run(characters: list[str], *, rare: bool) -> str:
    text = _escape("".join(characters))
    return f"[font={RARE_FONT}]{text}[/font]" if rare else text


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("[", "&bl;").replace("]", "&br;")
