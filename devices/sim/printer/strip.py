"""The paper strip under the print head: what has been inked on it, dot by dot, until it is cut or torn."""

from dataclasses import dataclass

from PIL import Image

from devices.drivers.printer.glyphs import CELL, HALF, DotFont, is_half

DOTS_PER_MM = 8
_EDGE_DOTS = 16


@dataclass(frozen=True, slots=True)
class PrintedSlip:
    """A piece of paper that has left the printer.

    Attributes:
        picture: 1-bit picture, ink black.
        lines: the text lines as the printer understood them, "" for a blank one.
        codes: contents of the QR codes.
        was_cut: by the cutter; else it was torn off or taken out with the roll.
    """

    picture: Image.Image
    lines: tuple[str, ...]
    codes: tuple[str, ...]
    was_cut: bool

    @property
    def text(self) -> str:
        """All lines, joined."""
        return "".join(self.lines)

    @property
    def height_mm(self) -> float:
        """Length of the piece."""
        return self.picture.height / DOTS_PER_MM


@dataclass(slots=True)
class _Mark:
    """Ink waiting in the line buffer."""

    picture: Image.Image
    text: str


class Strip:
    """One strip. Positions are dots from its upper edge."""

    def __init__(self, *, dots: int, font: DotFont) -> None:
        self._dots = dots
        self._font = font
        self._inked: list[tuple[int, int, Image.Image]] = []
        self._line: list[_Mark] = []
        self._lines: list[str] = []
        self._codes: list[str] = []
        self._y = _EDGE_DOTS

    def put_character(self, character: str, *, scale: int, align: int, pitch: int) -> int:
        """Put a character in the line buffer; return the dots of paper moved if the line was full."""
        cell = self._font.cell(character)
        width = (HALF if is_half(character) else CELL) * scale
        picture = cell.resize((width, CELL * scale), Image.Resampling.NEAREST)
        return self._put(_Mark(picture, character), align=align, pitch=pitch)

    def put_picture(self, picture: Image.Image, *, align: int, pitch: int) -> int:
        """Put a small picture in the line buffer, like a character."""
        return self._put(_Mark(picture, "▦"), align=align, pitch=pitch)

    def _put(self, mark: _Mark, *, align: int, pitch: int) -> int:
        used = sum(waiting.picture.width for waiting in self._line)
        moved = 0
        if used + mark.picture.width > self._dots:
            moved = self.feed_line(align=align, pitch=pitch)
        self._line.append(mark)
        return moved

    def feed_line(self, *, align: int, pitch: int) -> int:
        """Ink the line buffer and move on; return the dots of paper moved."""
        width = sum(mark.picture.width for mark in self._line)
        height = max((mark.picture.height for mark in self._line), default=0)
        x = (self._dots - width) * align // 2
        for mark in self._line:
            self._inked.append((x, self._y + height - mark.picture.height, mark.picture))
            x += mark.picture.width
        self._lines.append("".join(mark.text for mark in self._line))
        self._line.clear()
        return self.feed(max(pitch, height))

    def ink(self, picture: Image.Image, *, align: int) -> int:
        """Ink a picture below what is there; return the dots moved."""
        self._inked.append(((self._dots - picture.width) * align // 2, self._y, picture))
        return self.feed(picture.height)

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing stands on it."""
        return not self._inked

    def note_code(self, text: str) -> None:
        """Note the content of a code that was inked."""
        self._codes.append(text)

    def feed(self, dots: int) -> int:
        """Move the paper; return the dots moved."""
        self._y += dots
        return dots

    def forget_line(self) -> None:
        """Drop the line buffer."""
        self._line.clear()

    def leave(self, *, was_cut: bool) -> PrintedSlip | None:
        """Return the piece if anything is on it, and begin a fresh one."""
        inked, lines, codes, height = self._inked, self._lines, self._codes, self._y + _EDGE_DOTS
        self._inked, self._lines, self._codes, self._y = [], [], [], _EDGE_DOTS
        self._line.clear()
        if not inked:
            return None
        paper = Image.new("1", (self._dots, height), 1)
        for x, y, picture in inked:
            paper.paste(picture, (x, y))
        return PrintedSlip(paper, tuple(lines), tuple(codes), was_cut)
