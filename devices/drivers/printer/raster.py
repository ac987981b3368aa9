"""Pictures as printer bytes: one character inside a text line, one line, one QR code."""

from collections.abc import Iterator

from PIL import Image

from devices.drivers.printer.glyphs import CELL, HALF, DotFont, is_half

_MOST_ROWS = 128
_HEAD = 8


def line_picture(text: str, *, dots: int, centred: bool, font: DotFont) -> Image.Image:
    """Return one line of text as a 1-bit picture, 24 rows high and `dots` wide."""
    width = sum(HALF if is_half(character) else CELL for character in text)
    picture = Image.new("1", (dots, CELL), 1)
    left = max(0, dots - width) // 2 if centred else 0
    for character in text:
        picture.paste(font.cell(character), (left, 0))
        left += HALF if is_half(character) else CELL
    return picture


def qr_side(url: str) -> int:
    """Return how many modules wide a level M code is, without drawing it."""
    import qrcode

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(url)
    version: int = code.best_fit(start=1)
    return 17 + 4 * version


def qr_modules(url: str) -> list[list[bool]]:
    """Return the modules of a level M code, without quiet zone."""
    import qrcode

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(url)
    code.make(fit=True)
    matrix: list[list[bool]] = code.get_matrix()
    return matrix


def qr_picture(modules: list[list[bool]], *, dots: int, module_dots: int) -> Image.Image:
    """Return the code centred on the paper's width."""
    small = Image.new("1", (len(modules), len(modules)), 1)
    small.putdata([0 if dark else 1 for row in modules for dark in row])
    side = len(modules) * module_dots
    picture = Image.new("1", (dots, side), 1)
    picture.paste(small.resize((side, side), Image.Resampling.NEAREST), ((dots - side) // 2, 0))
    return picture


def inline_glyph(cell: Image.Image) -> bytes:
    """Return a 24x24 glyph as ESC * 33, which stands in the text line like a character."""
    columns = bytes(byte ^ 0xFF for byte in cell.transpose(Image.Transpose.TRANSPOSE).tobytes())
    return b"\x1b*\x21" + cell.width.to_bytes(2, "little") + _without_commands(columns)


def picture_bytes(picture: Image.Image, *, buffer: int, double: bool = False) -> Iterator[bytes]:
    """Yield a picture as GS v 0 bands; what is white to the right of it all is not sent.

    Args:
        picture: to be printed from the left edge.
        buffer: of the printer in bytes; of a taller band a small printer prints the rest as characters.
        double: the printer scales both ways by two.
    """
    across = (_inked_width(picture) + 7) // 8
    step = max(1, min(_MOST_ROWS, (buffer - _HEAD) // across))
    for top in range(0, picture.height, step):
        rows = min(step, picture.height - top)
        band = picture.crop((0, top, across * 8, top + rows))
        ink = bytes(byte ^ 0xFF for byte in _padded(band, picture.width).tobytes())
        size = across.to_bytes(2, "little") + rows.to_bytes(2, "little")
        yield b"\x1dv0" + bytes((3 if double else 0,)) + size + _without_commands(ink)


def _inked_width(picture: Image.Image) -> int:
    """Return the width up to the last ink, 8 dots at least."""
    ink = picture.convert("L").point(lambda value: 255 - value).getbbox()
    return max(8, ink[2]) if ink else 8


def _padded(band: Image.Image, width: int) -> Image.Image:
    """Make what a crop adds beyond the right edge white, not black."""
    if band.width <= width:
        return band
    white = Image.new("1", band.size, 1)
    white.paste(band.crop((0, 0, width, band.height)), (0, 0))
    return white


def _without_commands(data: bytes) -> bytes:
    """Move one dot where picture data spells a real-time command: printers obey those anywhere."""
    for second in (b"\x04", b"\x05", b"\x14"):
        data = data.replace(b"\x10" + second, b"\x11" + second)
    return data
