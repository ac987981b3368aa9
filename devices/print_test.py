"""`python -m devices print-test`: print the sheet by which a keeper judges a printer and its model sheet.

The terminal's own agent holds the port while it runs: stop it first.
"""

import argparse
import sys
from pathlib import Path

from content.errors import ZoneError
from content.paper.samples import sample_slips
from content.paper.slip import SlipKind
from devices.agent.config import Home, load
from devices.agent.sentences import peripheral
from devices.clock import SystemClock
from devices.drivers.printer.condition import Outcome, PrintResult
from devices.drivers.printer.device import PrinterDevice
from devices.drivers.printer.glyphs import DotFont, house_fonts
from devices.drivers.printer.model import DEFAULT_MODEL, ModelSheet, sheet
from devices.drivers.printer.port import open_port

_SAMPLE_URL = "https://zone.example"
_JUDGE = """\
已打印 {count} 张（{model}）。请逐项核对：
  1. 标尺和“国”字行正好占满纸宽，没有换行或缺边；
  2. 汉字、标点、生僻字清楚，没有乱码；“㛃䶮𬱖”为图形字，应与其他字一样高；
  3. 表格数字靠右对齐；大字没有重叠；
  4. 二维码能用手机扫出；
  5. 切纸（或出纸长度）合适，最后一行没有被切掉。
都正确的，请把今天的日期填入 models.toml 中 [{model}] 的 proven；不正确的，换一个型号再试。
"""


def main(arguments: list[str]) -> int:
    """Print; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        place, key, terminal, url = _printer(options)
        model = sheet(key)
    except ZoneError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if not place:
        sys.stderr.write("本终端没有配置打印机，请用 --port 指明端口。\n")
        return 2
    kinds = list(SlipKind) if options.all else [SlipKind.TEST]
    return _print(_device(place, model), key, kinds, terminal=terminal, base_url=url)


def _printer(options: argparse.Namespace) -> tuple[str, str, str, str]:
    """Return place, model, terminal and base of links: from the command line, else from the terminal's folder."""
    if options.home is None:
        return options.port, options.model or DEFAULT_MODEL, "test", _SAMPLE_URL
    settings = load(Home(options.home))
    return (
        options.port or settings.printer,
        options.model or settings.printer_model,
        settings.id,
        settings.public_url,
    )


def _device(place: str, model: ModelSheet) -> PrinterDevice:
    return PrinterDevice(
        connect=lambda: open_port(place, baud=model.baud),
        model=model,
        font=DotFont(house_fonts()),
        clock=SystemClock(),
    )


def _print(
    device: PrinterDevice, key: str, kinds: list[SlipKind], *, terminal: str, base_url: str
) -> int:
    slips = sample_slips(
        terminal=terminal,
        printed_at=SystemClock().now(),
        columns=sheet(key).columns,
        base_url=base_url,
    )
    try:
        for kind in kinds:
            result = device.print_slip(slips[kind])
            if result.outcome is not Outcome.PRINTED:
                sys.stderr.write(_sentence(result))
                return 1
    finally:
        device.close()
    sys.stdout.write(_JUDGE.format(count=len(kinds), model=key))
    return 0


def _sentence(result: PrintResult) -> str:
    if result.outcome is Outcome.UNCONFIRMED:
        return "纸已送出，但打印机没有确认打印完成。请看纸是否完整；若完整，请换用 ack 为其他值的型号再试。\n"
    hint = "若本终端的服务正在运行，请先停止它。" if result.reason == "busy" else ""
    return f"{peripheral('printer', result.reason)}{hint}\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devices print-test", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--home", type=Path, help="the terminal's folder")
    where.add_argument("--port", default="", help='device path or "tcp://host[:port]"')
    parser.add_argument("--model", default="", help="key of a sheet in models.toml")
    parser.add_argument(
        "--all", action="store_true", help="a slip of every kind, not only the test sheet"
    )
    return parser
