"""What each command does to the strip: settings, characters, pictures, codes. In-order answers are left here.

Only time, paper and faults are elsewhere: in devices.sim.printer.printer.
"""

from enum import Enum, auto

from PIL import Image

from devices.drivers.printer.codec import PROCESS_ID, PROCESS_ID_HEADER
from devices.drivers.printer.encode import code_of
from devices.drivers.printer.model import ModelSheet, QrKind
from devices.drivers.printer.raster import qr_modules
from devices.sim.printer.strip import Strip
from devices.sim.printer.tokenizer import Command, Verb

_DEFAULT_PITCH = 30
_DEFAULT_MODULE_DOTS = 3
_JUNK = "▯"
"""What a code prints that the printer's font does not have."""


class Question(Enum):
    """A question met in the data; what is answered depends on the sensors."""

    PAPER = auto()
    AUTO = auto()
    IDENTITY = auto()


Answer = Question | bytes


class Mechanism:
    """Executes commands one by one on a strip."""

    def __init__(self, strip: Strip, model: ModelSheet) -> None:
        self._strip = strip
        self._model = model
        self._module_dots = _DEFAULT_MODULE_DOTS
        self._code = ""
        self._answers: list[Answer] = []
        self._has_cut = False
        self._reset()
        self._movers = {
            Verb.TEXT: self._text,
            Verb.LINE_FEED: self._line_feed,
            Verb.FEED_LINES: lambda data: strip.feed(data[2] * self._pitch),
            Verb.FEED_DOTS: lambda data: strip.feed(data[2]),
            Verb.COLUMN_PICTURE: self._column_picture,
            Verb.RASTER_PICTURE: lambda data: strip.ink(raster_picture(data), align=self._align),
            Verb.EXTENDED: self._extended,
        }

    def _reset(self) -> None:
        self._align = 0
        self._pitch = _DEFAULT_PITCH
        self._scale = 1
        self._is_chinese = False
        self.auto_mask = 0

    def execute(self, command: Command) -> int:
        """Do one command; return the dots of paper moved."""
        mover = self._movers.get(command.verb)
        if mover is not None:
            return mover(command.data)
        self._set(command.verb, command.data[-1])
        return 0

    def take_cut(self) -> bool:
        """Tell whether the cutter has been told to cut, once."""
        has_cut, self._has_cut = self._has_cut, False
        return has_cut

    def take_answers(self) -> list[Answer]:
        """Return what was asked in the data, once."""
        answers, self._answers = self._answers, []
        return answers

    def _set(self, verb: Verb, value: int) -> None:
        """Do a command that moves no paper: a setting, the cut, or a question."""
        match verb:
            case Verb.RESET:
                self._reset()
                self._strip.forget_line()
            case Verb.CUT:
                self._has_cut = True
            case Verb.CHINESE_ON | Verb.CHINESE_OFF:
                self._is_chinese = verb is Verb.CHINESE_ON
            case Verb.ALIGN:
                self._align = value % 3
            case Verb.PITCH | Verb.DEFAULT_PITCH:
                self._pitch = value if verb is Verb.PITCH else _DEFAULT_PITCH
            case Verb.SIZE:
                self._scale = 1 + (value & 7)
            case _:
                self._ask(verb, value)

    def _ask(self, verb: Verb, value: int) -> None:
        match verb:
            case Verb.AUTO_STATUS:
                self.auto_mask = value
                self._answers.append(Question.AUTO)
            case Verb.PAPER_STATUS:
                self._answers.append(Question.PAPER)
            case Verb.IDENTIFY:
                self._answers.append(Question.IDENTITY)
            case _:
                pass

    def _text(self, data: bytes) -> int:
        # A printer that is not in Chinese mode prints code-page characters, two for each.
        is_lost = len(data) > 1 and not self._is_chinese
        text = "?" * len(data) if is_lost else self._characters(data)
        return sum(
            self._strip.put_character(
                character, scale=self._scale, align=self._align, pitch=self._pitch
            )
            for character in text
        )

    def _characters(self, data: bytes) -> str:
        text = data.decode("gb18030", "replace")
        return "".join(c if code_of(c, self._model.encoding) else _JUNK for c in text)

    def _line_feed(self, _data: bytes) -> int:
        return self._strip.feed_line(align=self._align, pitch=self._pitch)

    def _column_picture(self, data: bytes) -> int:
        picture = column_picture(data)
        return self._strip.put_picture(picture, align=self._align, pitch=self._pitch)

    def _extended(self, data: bytes) -> int:
        match data[2:3], data[5:7]:
            case b"H", b"00":
                head = bytes((PROCESS_ID_HEADER, PROCESS_ID))
                self._answers.append(head + data[7:11] + b"\0")
            case b"k", b"1C":
                self._module_dots = data[7]
            case b"k", b"1P":
                self._code = data[8:].decode("utf-8", "replace")
            case b"k", b"1Q":
                return self._ink_code() if self._model.qr is QrKind.NATIVE else 0
            case _:
                pass
        return 0

    def _ink_code(self) -> int:
        modules = qr_modules(self._code)
        small = Image.new("1", (len(modules), len(modules)), 1)
        small.putdata([0 if dark else 1 for row in modules for dark in row])
        side = len(modules) * self._module_dots
        self._strip.note_code(self._code)
        code = small.resize((side, side), Image.Resampling.NEAREST)
        return self._strip.ink(code, align=self._align)


def column_picture(data: bytes) -> Image.Image:
    """Return the picture of ESC * with 24 dots a column."""
    columns = int.from_bytes(data[3:5], "little")
    ink = bytes(byte ^ 0xFF for byte in data[5:])
    return Image.frombytes("1", (24, columns), ink).transpose(Image.Transpose.TRANSPOSE)


def raster_picture(data: bytes) -> Image.Image:
    """Return the picture of GS v 0; mode 3 is doubled both ways."""
    across, rows = (int.from_bytes(data[at : at + 2], "little") for at in (4, 6))
    ink = bytes(byte ^ 0xFF for byte in data[8:])
    picture = Image.frombytes("1", (across * 8, rows), ink)
    wide, high = 1 + (data[3] & 1), 1 + (data[3] >> 1 & 1)
    return picture.resize((picture.width * wide, rows * high), Image.Resampling.NEAREST)
