"""Model sheets: what a printer can do, as data. A new printer is a new sheet, not new code."""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class ModelSheet:
    """One printer model.

    Attributes:
        name: for people.
        dots: dots across the paper; 12 dots are one column.
        encoding: characters of its font.
        qr: who draws the code.
        ack: its in-order acknowledgement.
        has_cutter: else the paper is fed out to be torn.
        baud: line speed; ignored on USB.
        speed_mm_s: how fast paper moves, low estimate: budgets are computed from it.
        settle_s: wait after opening the port; some boards reset on DTR.
    """

    name: str
    dots: int = 384
    encoding: Encoding = Encoding.GB2312
    qr: QrKind = QrKind.NATIVE
    ack: AckKind = AckKind.PROCESS_ID
    has_cutter: bool = True
    baud: int = 115200
    speed_mm_s: float = 50.0
    settle_s: float = 0.3

    @property
    def columns(self) -> int:
        """Half-width columns of the 24-dot font."""
        return self.dots // 12


PAPER_58_MM = ModelSheet(name="ESC/POS 58 mm")
PAPER_80_MM = ModelSheet(name="ESC/POS 80 mm", dots=576)
