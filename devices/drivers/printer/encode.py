"""Laid-out lines to the bytes of one print job. Pure; what the printer answers is the device's business.

The text path is our own: python-escpos sends Chinese punctuation as "????" and never says FS &. It builds the
native QR commands.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from PIL import Image

from content.paper.layout import LineKind, PaperLine
from devices.drivers.printer.escpos_library import native_qr
from devices.drivers.printer.glyphs import CELL, GETA, DotFont
from devices.drivers.printer.model import Encoding, ModelSheet, QrKind
from devices.drivers.printer.raster import (
    inline_glyph,
    line_picture,
    picture_bytes,
    qr_modules,
    qr_picture,
    qr_side,
)

PITCH = 30
"""Dots from line to line; 60 for double size."""

_QR_MODULE_DOTS = 6
_QR_QUIET_MODULES = 4
_CUT_FEED_LINES = 4
_TEAR_FEED_LINES = 6
_DOTS_PER_MM = 8
_GB2312_FIRST, _GB2312_LAST_ROW = 0xA1, 0xF7

_RESET = b"\x1b@"
_CHINESE_MODE = b"\x1c&"
_LEFT, _CENTRED = b"\x1ba\x00", b"\x1ba\x01"
_DOUBLE, _NORMAL = b"\x1d!\x11", b"\x1d!\x00"
_PARTIAL_CUT = b"\x1dV\x01"


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A slip in whole commands, line by line, and the length of paper that it takes."""

    pieces: tuple[bytes, ...]
    height_mm: float

    @property
    def data(self) -> bytes:
        """All bytes, in order."""
        return b"".join(self.pieces)


@dataclass(frozen=True, slots=True)
class _Piece:
    data: bytes
    dots: int


def encode_slip(lines: Iterable[PaperLine], *, model: ModelSheet, font: DotFont) -> PrintJob:
    """Return the job: reset, Chinese mode, the lines, feed and cut."""
    encoder = _Encoder(model, font)
    pieces = [encoder.begin(), *(piece for line in lines for piece in encoder.line(line))]
    pieces.append(encoder.end())
    dots = sum(piece.dots for piece in pieces)
    return PrintJob(tuple(piece.data for piece in pieces), dots / _DOTS_PER_MM)


def separator(model: ModelSheet) -> bytes:
    """Return the bytes that push out and cut off what an earlier, broken job left on the strip."""
    return _RESET + _end(model).data


def code_of(character: str, encoding: Encoding) -> bytes | None:
    """Return the bytes under which the printer's own font has the character, or None.

    GBK and GB18030 are supersets of GB2312, but a GB2312 font prints junk for what lies outside rows 1 to 87.
    """
    if character.isascii():
        return character.encode("ascii")
    try:
        code = character.encode("gb18030")
    except UnicodeEncodeError:  # a lone surrogate
        return None
    match encoding:
        case Encoding.GB18030:
            return code
        case Encoding.GBK:
            return code if _is_in(code, "gbk") else None
        case Encoding.GB2312:
            return code if _is_gb2312(code) else None
        case Encoding.RASTER:
            return None


def _is_gb2312(code: bytes) -> bool:
    in_area = (
        len(code) == 2  # noqa: PLR2004 - two-byte area
        and _GB2312_FIRST <= code[0] <= _GB2312_LAST_ROW
        and code[1] >= _GB2312_FIRST
    )
    return in_area and _is_in(code, "gb2312")


def _is_in(code: bytes, table: str) -> bool:
    """GB18030 has two-byte codes that GBK fonts do not know (䶮): the table itself must be asked."""
    try:
        code.decode(table)
    except UnicodeDecodeError:
        return False
    return True


class _Encoder:
    def __init__(self, model: ModelSheet, font: DotFont) -> None:
        self._model = model
        self._font = font

    def begin(self) -> _Piece:
        chinese = b"" if self._model.encoding is Encoding.RASTER else _CHINESE_MODE
        return _Piece(_RESET + chinese + _pitch(PITCH), 0)

    def end(self) -> _Piece:
        return _end(self._model)

    def line(self, line: PaperLine) -> Iterator[_Piece]:
        match line.kind:
            case LineKind.TEXT | LineKind.NOTE:
                yield self._text(line.text, centred=line.kind is LineKind.NOTE)
            case LineKind.TITLE | LineKind.BIG:
                yield self._big(line.text, centred=line.kind is LineKind.TITLE)
            case LineKind.RULE:
                yield self._text("-" * self._model.columns, centred=False)
            case LineKind.SPACE:
                yield _Piece(b"\n", PITCH)
            case LineKind.QR:
                yield self._qr(line.text)
        yield from self._footnotes(line)

    def _text(self, text: str, *, centred: bool) -> _Piece:
        if self._model.encoding is Encoding.RASTER:
            picture = line_picture(text, dots=self._model.dots, centred=centred, font=self._font)
            return _Piece(self._picture(picture) + _feed(PITCH - CELL), PITCH)
        align = _CENTRED if centred else _LEFT
        return _Piece(align + b"".join(self._runs(text)) + b"\n", PITCH)

    def _runs(self, text: str) -> Iterator[bytes]:
        """Yield text in the printer's own characters, and pictures of those it does not have."""
        for is_native, run in groupby(text, key=self._is_native):
            for character in run:
                code = code_of(character, self._model.encoding) if is_native else None
                yield inline_glyph(self._font.cell(character)) if code is None else code

    def _is_native(self, character: str) -> bool:
        return code_of(character, self._model.encoding) is not None

    def _big(self, text: str, *, centred: bool) -> _Piece:
        if all(self._is_native(character) for character in text):
            data = (
                (_CENTRED if centred else _LEFT)
                + _pitch(2 * PITCH)
                + _DOUBLE
                + b"".join(self._runs(text))
            )
            return _Piece(data + b"\n" + _NORMAL + _pitch(PITCH), 2 * PITCH)
        # GS ! does not scale a picture, so the whole line is one, scaled by the printer.
        half = self._model.dots // 2
        picture = line_picture(text, dots=half, centred=centred, font=self._font)
        data = self._picture(picture, double=True)
        return _Piece(_LEFT + data + _feed(2 * (PITCH - CELL)), 2 * PITCH)

    def _qr(self, url: str) -> _Piece:
        across = qr_side(url) + 2 * _QR_QUIET_MODULES
        size = min(_QR_MODULE_DOTS, max(1, self._model.dots // across))
        quiet = _feed(_QR_QUIET_MODULES * size)
        if self._model.qr is QrKind.NATIVE:
            code = _CENTRED + native_qr(url, size)
        else:
            picture = qr_picture(qr_modules(url), dots=self._model.dots, module_dots=size)
            code = _LEFT + self._picture(picture)
        return _Piece(quiet + code + quiet, across * size)

    def _picture(self, picture: Image.Image, *, double: bool = False) -> bytes:
        return b"".join(picture_bytes(picture, buffer=self._model.buffer, double=double))

    def _footnotes(self, line: PaperLine) -> Iterator[_Piece]:
        """Say which character stands behind each 〓: nothing is lost silently."""
        if line.kind is LineKind.QR:
            return
        for character in dict.fromkeys(line.text):
            if not self._is_native(character) and not self._font.has(character):
                yield self._text(f"{GETA} = U+{ord(character):04X}", centred=False)


def _end(model: ModelSheet) -> _Piece:
    if model.has_cutter:
        return _Piece(b"\x1bd" + bytes((_CUT_FEED_LINES,)) + _PARTIAL_CUT, _CUT_FEED_LINES * PITCH)
    return _Piece(b"\x1bd" + bytes((_TEAR_FEED_LINES,)), _TEAR_FEED_LINES * PITCH)


def _pitch(dots: int) -> bytes:
    return b"\x1b3" + bytes((dots,))


def _feed(dots: int) -> bytes:
    return b"\x1bJ" + bytes((dots,))
