"""A 24-dot font from outline fonts: full-width characters in cells of 24x24, half-width ones in 12x24.

Used for characters that a printer's own font lacks, for lines sent as pictures, and by the simulated printer.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

CELL = 24
HALF = 12
GETA = "〓"
"""Stands for a character that no font here has."""

_BASELINE_FULL = 21
_SIZE_HALF = 20
_BASELINE_HALF = 18
_THRESHOLD = 150
_NO_CHARACTER = "\U0010fffe"
_HOUSE_FONTS = (
    Path(__file__).resolve().parents[3] / "signage/kit/fonts/NotoSansSC-Regular.ttf",
    Path("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf"),
    Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf"),
)


def house_fonts() -> tuple[Path, ...]:
    """Return the fonts that are installed, the main one first."""
    return tuple(path for path in _HOUSE_FONTS if path.exists())


def is_half(character: str) -> bool:
    """Tell whether a character takes half a cell."""
    return " " <= character <= "~"


class DotFont:
    """Glyphs from a chain of fonts; the first that has a character draws it. For one thread."""

    def __init__(self, fonts: Sequence[Path]) -> None:
        if not fonts:
            raise FileNotFoundError("no font for paper: run make assets, or pass --font")
        self._paths = tuple(fonts)
        self._faces: dict[Path, tuple[ImageFont.FreeTypeFont, bytes]] = {}
        self._drawn: dict[str, Image.Image | None] = {}

    def has(self, character: str) -> bool:
        """Tell whether some font of the chain draws the character."""
        return self._glyph(character) is not None

    def cell(self, character: str) -> Image.Image:
        """Return the glyph as a 1-bit picture, ink black on white; 〓 if no font has it."""
        return self._glyph(character) or self._glyph(GETA) or self._blank

    @cached_property
    def _blank(self) -> Image.Image:
        return Image.new("1", (CELL, CELL), 1)

    def _glyph(self, character: str) -> Image.Image | None:
        if character not in self._drawn:
            self._drawn[character] = (
                self._half(character) if is_half(character) else self._full(character)
            )
        return self._drawn[character]

    def _full(self, character: str) -> Image.Image | None:
        for path in self._paths:
            face, missing = self._face(path)
            if bytes(face.getmask(character)) != missing or character.isspace():
                cell = Image.new("L", (CELL, CELL), 255)
                ImageDraw.Draw(cell).text(
                    (0, _BASELINE_FULL), character, font=face, fill=0, anchor="ls"
                )
                return _two_tone(cell)
        return None

    def _half(self, character: str) -> Image.Image:
        """Draw at 20 dots so that descenders stay in the cell; squeeze what is wider than 12."""
        face = self._half_face
        width = max(HALF, round(face.getlength(character)))
        left = (width - round(face.getlength(character))) // 2
        cell = Image.new("L", (width, CELL), 255)
        ImageDraw.Draw(cell).text((left, _BASELINE_HALF), character, font=face, fill=0, anchor="ls")
        return _two_tone(cell.resize((HALF, CELL), Image.Resampling.LANCZOS))

    @cached_property
    def _half_face(self) -> ImageFont.FreeTypeFont:
        layout = ImageFont.Layout.BASIC
        return ImageFont.truetype(str(self._paths[0]), _SIZE_HALF, layout_engine=layout)

    def _face(self, path: Path) -> tuple[ImageFont.FreeTypeFont, bytes]:
        if path not in self._faces:
            layout = ImageFont.Layout.BASIC
            face = ImageFont.truetype(str(path), CELL, layout_engine=layout)
            self._faces[path] = (face, bytes(face.getmask(_NO_CHARACTER)))
        return self._faces[path]


def _two_tone(cell: Image.Image) -> Image.Image:
    return cell.point(lambda value: 255 if value > _THRESHOLD else 0).convert("1")
