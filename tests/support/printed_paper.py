"""Read a slip's picture back: cell by cell against the paper's font, the QR code with zxing.

Nothing but the picture is used: not the job's bytes, not the simulator's transcript.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import zxingcpp
from PIL import Image

from devices.drivers.printer.glyphs import CELL, HALF, DotFont, house_fonts, is_half

UNREADABLE = "\ufffd"
RARE_NAMES = (
    "㛃䶮𬱖㐱㑇㕮㘎㙍㙘㙦㛚㛹㟃㠇㠓㤘㥄㧐㧑㧟㫰㬊㬎㬚㭎㭕㮾㰀㳇㳘㳚㴔㵐㶲㸆㸌㺄㻬㽏㿠䁖䂮"
    "𠅤𠙶𠳐𡎚𡐓𣗋𣲗𣲘𣸣𤧛𤩽𤫉𥔲𥕢𥖨𥻗𦈡𦒍𦙶𦝼𦭜𦰡𧿹𨐈𨙸𨚕𨟠𨭉𨱇𨱏𨱑𨱔𨺙"
)
"""Characters of Extensions A, B and F that stand in people's names; no printer's own font has them."""
_PITCH = 30
_QR_MARGIN = 2
_MOST_MOVED = 2


@dataclass(frozen=True, slots=True)
class ReadSlip:
    """What is legible on the paper. Leading spaces of a line are those of its indent or centring."""

    lines: tuple[str, ...]
    qr: str

    @property
    def text(self) -> str:
        """All lines without spaces at their ends, joined: a wrapped title is one string again."""
        return "".join(line.strip() for line in self.lines)


def read_slip_picture(path: Path) -> ReadSlip:
    """Read the picture of a printed slip."""
    with Image.open(path) as picture:
        paper = picture.convert("1", dither=Image.Dither.NONE)
    codes = zxingcpp.read_barcodes(paper.convert("L"))
    qr = codes[0].text if codes else ""
    for code in codes:
        corners = [getattr(code.position, name) for name in _CORNERS]
        box = (
            0,
            min(corner.y for corner in corners) - _QR_MARGIN,
            paper.width,
            max(corner.y for corner in corners) + _QR_MARGIN,
        )
        paper.paste(1, box)
    return ReadSlip(tuple(_lines(paper)), qr)


_CORNERS = ("top_left", "top_right", "bottom_left", "bottom_right")


def _lines(paper: Image.Image) -> list[str]:
    lines: list[str] = []
    floor, expected = 0, 0
    while (ink := _first_ink_row(paper, floor)) is not None:
        top, line = _read_line(paper, ink, floor, expected)
        lines.append(line.text)
        floor = top + CELL * line.scale
        expected = top + _PITCH * line.scale
    return lines


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    scale: int

    @property
    def misses(self) -> int:
        return self.text.count(UNREADABLE)


def _read_line(paper: Image.Image, ink: int, floor: int, expected: int) -> tuple[int, _Line]:
    """Find the row where the line's cells begin: the one where every cell is a known character."""
    best: tuple[int, _Line] | None = None
    for has_rare, scale in product((False, True), (1, 2)):
        tops = range(ink, max(floor, ink - CELL * scale + 1) - 1, -1)
        for top in sorted(tops, key=lambda row: abs(row - expected)):
            line = _read_band(paper, top, scale, has_rare=has_rare)
            if line.misses == 0:
                return top, line
            if best is None or line.misses < best[1].misses:
                best = (top, line)
    assert best is not None
    top, line = best
    worn = _read_band(paper, top, line.scale, has_rare=True, is_worn=True)
    return (top, worn) if worn.misses < line.misses else best


def _read_band(
    paper: Image.Image, top: int, scale: int, *, has_rare: bool, is_worn: bool = False
) -> _Line:
    band = paper.crop((0, top, paper.width, top + CELL * scale))
    if band.height != CELL * scale or top + CELL * scale > paper.height:
        return _Line(UNREADABLE * 99, scale)
    if scale == 2:
        small = band.resize((band.width // 2, CELL), Image.Resampling.NEAREST)
        if small.resize(band.size, Image.Resampling.NEAREST).tobytes() != band.tobytes():
            return _Line(UNREADABLE * 99, scale)
        band = small
    phases = (
        _read_cells(band, phase, has_rare=has_rare, is_worn=is_worn) for phase in (0, HALF // 2)
    )
    return min((_Line(text, scale) for text in phases), key=lambda line: line.misses)


def _read_cells(band: Image.Image, x: int, *, has_rare: bool, is_worn: bool) -> str:
    text = ""
    while x + HALF <= band.width:
        full = _known().get((CELL, band.crop((x, 0, x + CELL, CELL)).tobytes()))
        half = _known().get((HALF, band.crop((x, 0, x + HALF, CELL)).tobytes()))
        found = full if full and x + CELL <= band.width else half
        if has_rare and not found and x + CELL <= band.width:
            found = _rare().get(band.crop((x, 0, x + CELL, CELL)).tobytes())
        if is_worn and not found:
            found = _nearly(band, x)
        text += found or UNREADABLE
        if text.count(UNREADABLE) > 3:
            break  # not where the line begins
        x += CELL if found and not is_half(found) else HALF
    return text.rstrip()


def _nearly(band: Image.Image, x: int) -> str | None:
    """Read a cell in which a dot or two are not where the font has them.

    The driver moves a dot where picture data would spell a real-time command.
    """
    for cell, glyphs in _by_width().items():
        seen = int.from_bytes(band.crop((x, 0, x + cell, CELL)).tobytes())
        for glyph, character in glyphs:
            if (seen ^ glyph).bit_count() <= _MOST_MOVED:
                return character
    return None


@cache
def _by_width() -> dict[int, list[tuple[int, str]]]:
    full = {glyph: one for (cell, glyph), one in _known().items() if cell == CELL} | _rare()
    half = {glyph: one for (cell, glyph), one in _known().items() if cell == HALF}
    return {
        cell: [(int.from_bytes(glyph), one) for glyph, one in glyphs.items()]
        for cell, glyphs in ((CELL, full), (HALF, half))
    }


def _first_ink_row(paper: Image.Image, floor: int) -> int | None:
    below = paper.crop((0, floor, paper.width, paper.height)).convert("L")
    box = below.point(lambda value: 255 - value).getbbox()
    return None if box is None else floor + box[1]


@cache
def _font() -> DotFont:
    return DotFont(house_fonts())


@cache
def _known() -> dict[tuple[int, bytes], str]:
    """Glyph -> character, the commoner one where two look the same (Latin A, Greek Α, Cyrillic А)."""
    glyphs: dict[tuple[int, bytes], str] = {}
    for character in map(chr, range(0x20, 0x7F)):
        glyphs.setdefault((HALF, _font().cell(character).tobytes()), character)
    rows = [*range(0xB0, 0xF8), 0xA1, 0xA3, *range(0xA2, 0xAA)]
    for character in _two_byte(rows, "gb2312"):
        glyphs.setdefault((CELL, _font().cell(character).tobytes()), character)
    glyphs.pop((CELL, Image.new("1", (CELL, CELL), 1).tobytes()), None)
    return glyphs


@cache
def _rare() -> dict[bytes, str]:
    """Characters beyond GB2312, made only when one is met: the rest of GBK, and names beyond."""
    glyphs: dict[bytes, str] = {}
    for character in (*_two_byte(range(0x81, 0xFF), "gbk", first=0x40), *RARE_NAMES):
        if _font().has(character):
            glyphs.setdefault(_font().cell(character).tobytes(), character)
    return glyphs


def _two_byte(rows: "list[int] | range", table: str, *, first: int = 0xA1) -> list[str]:
    characters = []
    for row in rows:
        for cell in range(first, 0xFF):
            code = bytes((row, cell))
            try:
                code.decode(table)
                characters.append(code.decode("gbk"))
            except UnicodeDecodeError:
                continue
    return characters
