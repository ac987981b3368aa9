"""The controller's command line. Mistakes are one Chinese sentence and exit code 2, never a traceback."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from typing_extensions import override

from content.errors import ZoneError

DEFAULT_MODEL = "generic-58"
"""Of devices.drivers.printer.model, which the command line does not load for its help."""

Command = Callable[[argparse.Namespace], int]
WRONG = 2


class _Parser(argparse.ArgumentParser):
    @override
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in the user's language; argparse's own words follow for who knows them."""
        self.exit(WRONG, f"命令参数不正确，请用 --help 查看用法。（{message}）\n")


def main(argv: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        if argv[:1] == ["demo"]:
            # Inside: Ctrl-C may come while the demo's libraries still load.
            from controller.demo.main import main as demo

            return demo(argv[1:])
        options = _parser().parse_args(argv)
        command: Command = options.command
        return command(options)
    except (ZoneError, KeyboardInterrupt) as error:
        sys.stderr.write(f"{error}\n" if str(error) else "已停止。\n")
        return WRONG
    except OSError as error:
        subject = f" {error.filename}" if error.filename else ""
        sys.stderr.write(
            f"无法读写文件{subject}，请检查路径、权限和磁盘空间。（{error.strerror}）\n"
        )
        return WRONG


def _parser() -> argparse.ArgumentParser:
    # The demo starts without these: heavy libraries load with the command that needs them.
    from controller.commands import running

    parser = _Parser(prog="python -m controller", description="政务公开专区控制端")
    commands = parser.add_subparsers(required=True, metavar="命令", parser_class=_Parser)

    one = commands.add_parser("init", help="新建专区的数据目录和配置文件")
    _state(one)
    one.add_argument("--zone", required=True, help="专区名称")
    one.add_argument("--region", required=True, help="行政区划代码")
    one.add_argument("--public-url", default="http://127.0.0.1:8080", help="对外网址")
    one.set_defaults(command=running.init)

    one = commands.add_parser("serve", help="运行控制端")
    _state(one)
    one.set_defaults(command=running.serve)

    one = commands.add_parser("setup-link", help="重新生成首次设置链接")
    _state(one)
    one.set_defaults(command=running.set_up_link)

    _moving(commands)
    _bundling(commands)
    _modelling(commands)
    _importing(commands)
    _enrolling(commands)
    commands.add_parser("demo", help="在一台机器上演示整个专区")
    return parser


def _moving(commands: "argparse._SubParsersAction[_Parser]") -> None:
    from controller.commands import moving

    one = commands.add_parser("move-database", help="把本机数据库（SQLite）迁移到 PostgreSQL")
    _state(one)
    one.add_argument("--to", required=True, help="postgresql+asyncpg://用户:口令@主机/数据库")
    one.set_defaults(command=moving.move_database)


def _bundling(commands: "argparse._SubParsersAction[_Parser]") -> None:
    from controller.commands import bundling

    one = commands.add_parser("bundle", help="制作 U 盘内容包，供没有网络的终端更新")
    _state(one)
    one.add_argument("--feed", action="append", default=[], help="频道；可重复，省略则为全部")
    one.add_argument("--out", required=True, type=Path, help="文件，或 U 盘上的目录")
    one.set_defaults(command=bundling.bundle)


def _modelling(commands: "argparse._SubParsersAction[_Parser]") -> None:
    from controller.commands import modelling

    one = commands.add_parser("search-model", help="启用在别处学习得到的检索模型")
    one.add_argument("file", type=Path, metavar="FILE", help="如 build/search/search-model.bin")
    _state(one)
    one.set_defaults(command=modelling.search_model)


def _importing(commands: "argparse._SubParsersAction[_Parser]") -> None:
    from controller.commands import importing

    one = commands.add_parser("import", help="读取政策文件，显示字段和提示")
    one.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    one.add_argument("--state", type=Path, help="同时保存为草稿")
    one.add_argument("--login", default="", help="拟稿人的登录名；只有一名拟稿人时可省略")
    one.add_argument("--json", action="store_true", help="每个文件输出一行 JSON")
    one.set_defaults(command=importing.import_files)


def _enrolling(commands: "argparse._SubParsersAction[_Parser]") -> None:
    from controller.commands import enrolling

    one = commands.add_parser("enrol", help="登记终端并生成其目录")
    one.add_argument("id")
    _state(one)
    one.add_argument("--site", required=True, help="所在场所")
    one.add_argument("--region", required=True, help="行政区划代码")
    one.add_argument("--out", required=True, type=Path, help="生成的终端目录")
    one.add_argument("--attended", action="store_true", help="有工作人员值守（当面提交）")
    one.add_argument("--screen", action="append", default=[], help="界面，如 kiosk、signage-1")
    one.add_argument("--printer", default="", help="小票打印机设备路径")
    one.add_argument(
        "--printer-model",
        default=DEFAULT_MODEL,
        metavar="KEY",
        help="打印机型号（如 epson-58），省略为通用 58 毫米",
    )
    one.add_argument("--replace", action="store_true", help="更换已登记终端的证书")
    one.set_defaults(command=enrolling.enrol)

    one = commands.add_parser("revoke", help="停用终端：断开连接并不再接受它的证书")
    one.add_argument("id")
    _state(one)
    one.add_argument("--reason", required=True, help="停用原因，记入审计日志")
    one.set_defaults(command=enrolling.revoke)

    one = commands.add_parser("enrol-fleet", help="一次登记多台终端（模拟终端群，或首批到货）")
    one.add_argument("prefix", help="编号前缀，如 village 得到 village-001、village-002……")
    _state(one)
    one.add_argument("--count", required=True, type=int, help="台数")
    one.add_argument("--site", required=True, help="所在场所")
    one.add_argument("--site-each", action="store_true", help="在场所名称后加序号，一台一处")
    one.add_argument("--region", required=True, help="行政区划代码")
    one.add_argument("--out", required=True, type=Path, help="各终端目录的上级目录")
    one.add_argument("--screen", action="append", default=[], help="界面，如 kiosk、signage-1")
    one.set_defaults(
        command=enrolling.enrol_fleet, attended=False, printer="", printer_model=DEFAULT_MODEL
    )


def _state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", type=Path, default=Path(".state/zone"), help="专区数据目录")
