"""Model sheets: what a printer can do, as data. A new printer is a new table in models.toml, not new code."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

import msgspec

from content.errors import NotFound


class Encoding(StrEnum):
    """Which characters the printer's own font has; RASTER sends every line as a picture."""

    GB2312 = "gb2312"
    GBK = "gbk"
    GB18030 = "gb18030"
    RASTER = "raster"


class QrKind(StrEnum):
    """Who draws the QR code."""

    NATIVE = "native"
    IMAGE = "image"


class AckKind(StrEnum):
    """What the printer says when everything before has been processed."""

    PROCESS_ID = "process_id"
    PAPER_STATUS = "paper_status"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSheet:
    """One printer model.

    Attributes:
        name: for people.
        width_mm: width of the paper, 58 or 80.
        encoding: characters of its font.
        qr: who draws the code.
        ack: its in-order acknowledgement.
        has_near_end: it has a sensor for the end of the roll; without one its word on that is not heard.
        has_cutter: else the paper is fed out to be torn.
        baud: line speed; ignored on USB and TCP.
        buffer: bytes that it takes in before it has printed them; pictures are sent in bands that fit.
        speed_mm_s: how fast paper moves, low estimate: budgets are computed from it.
        settle_s: wait after opening the port; some boards reset on DTR.
        roll_mm: length of a new roll.
        near_end_mm: what is left when the sensor first sees the end of the roll.
        proven: date on which the test sheet was judged on a real printer of this model, "" for not yet.
    """

    name: str
    width_mm: int = 58
    encoding: Encoding = Encoding.GB2312
    qr: QrKind = QrKind.NATIVE
    ack: AckKind = AckKind.PROCESS_ID
    has_near_end: bool = True
    has_cutter: bool = True
    baud: int = 115200
    buffer: int = 4096
    speed_mm_s: float = 50.0
    settle_s: float = 0.3
    roll_mm: int = 30_000
    near_end_mm: int = 1_500
    proven: str = ""

    def __post_init__(self) -> None:
        if self.width_mm not in _DOTS:
            raise ValueError(f"no paper is {self.width_mm} mm wide, only {sorted(_DOTS)}")

    @property
    def dots(self) -> int:
        """Dots across the paper, 8 to the millimetre."""
        return _DOTS[self.width_mm]

    @property
    def columns(self) -> int:
        """Half-width columns of the 24-dot font."""
        return self.dots // _DOTS_PER_COLUMN


_DOTS = {58: 384, 80: 576}
_DOTS_PER_COLUMN = 12

DEFAULT_MODEL = "generic-58"
"""For a printer of which nothing is known but its width: what nearly all of them understand."""

PAPER_58_MM = ModelSheet(name="ESC/POS 58 mm")
PAPER_80_MM = ModelSheet(name="ESC/POS 80 mm", width_mm=80, roll_mm=60_000)


def sheets() -> dict[str, ModelSheet]:
    """Return every sheet of models.toml by its key."""
    text = files(__package__).joinpath("models.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=dict[str, ModelSheet])


def sheet(key: str) -> ModelSheet:
    """Return one model's sheet.

    Raises:
        NotFound: there is none of that key; the sentence names those that are there.
    """
    known = sheets()
    if key not in known:
        raise NotFound(f"没有打印机型号“{key}”，可用的型号有：{'、'.join(known)}。")
    return known[key]
