"""`python -m controller.keys`: two steps beside the controller, the others on a computer without a network."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from content.errors import ZoneError
from controller.ceremony import steps
from controller.ceremony.console import Console, Parser, Terminal
from controller.ceremony.steps import Table
from devices.clock import Clock, SystemClock

Step = Callable[[argparse.Namespace, Table], int]
WRONG = 2


def main(argv: list[str], *, console: Console | None = None, clock: Clock | None = None) -> int:
    """Run one step and return its exit code."""
    options = _parser().parse_args(argv)
    step: Step = options.step
    table = Table(console or Terminal(), (clock or SystemClock()).now())
    try:
        if hasattr(options, "folder"):
            steps.check_folder(options)
        return step(options, table)
    except ZoneError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        subject = f" {error.filename}" if error.filename else ""
        sys.stderr.write(f"无法读写文件{subject}，请检查路径、权限和介质。（{error.strerror}）\n")
    except KeyboardInterrupt:
        sys.stderr.write("已停止，已完成的步骤都已保存，可用 status 查看下一步。\n")
    return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m controller.keys", description="根密钥仪式")
    commands = parser.add_subparsers(required=True, metavar="步骤")

    one = commands.add_parser("request", help="控制端：生成申请文件")
    one.add_argument("--state", type=Path, required=True, help="专区数据目录")
    one.add_argument("--out", type=Path, required=True, help="写到可移动介质上的文件")
    one.set_defaults(step=_request)

    one = commands.add_parser("begin", help="离线：确定保管人和签名人数")
    _folder(one)
    one.add_argument("--request", type=Path, required=True, help="控制端生成的申请文件")
    one.add_argument("--holders", default="", help="保管人姓名，用英文逗号分隔；只换策略时省略")
    one.add_argument("--threshold", type=int, default=2, help="须几人签名")
    one.add_argument("--previous", type=Path, help="上次仪式的 metadata 目录")
    one.add_argument("--new-key", default="", help="要换新密钥的原保管人")
    one.set_defaults(step=steps.begin)

    _at_the_table(commands)

    one = commands.add_parser("install", help="控制端：启用仪式的结果")
    one.add_argument("--state", type=Path, required=True, help="专区数据目录")
    one.add_argument("--from", dest="source", type=Path, required=True, help="metadata 目录")
    one.add_argument("--root-key", type=Path, help="原根密钥文件（命令行专区），用来向新根移交")
    one.set_defaults(step=_install)
    return parser


def _at_the_table(commands: "argparse._SubParsersAction[Parser]") -> None:
    one = commands.add_parser("holder", help="离线：为一位保管人生成密钥")
    _folder(one)
    one.add_argument("--name", required=True, help="保管人姓名")
    one.add_argument("--key", type=Path, required=True, help="密钥文件，放在本人的介质上")
    one.set_defaults(step=steps.holder)

    one = commands.add_parser("sign", help="离线：核对内容并签名")
    _folder(one)
    one.add_argument("--key", type=Path, required=True, help="本人的密钥文件")
    one.set_defaults(step=steps.sign)

    for name, step, words in (
        ("finish", steps.finish, "离线：核对签名，生成结果"),
        ("status", steps.status, "离线：查看下一步"),
    ):
        one = commands.add_parser(name, help=words)
        _folder(one)
        one.set_defaults(step=step)


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, required=True, help="仪式目录")


def _request(options: argparse.Namespace, table: Table) -> int:
    # The controller's libraries load only where there is a controller.
    from controller.ceremony.beside import request

    return request(options, table)


def _install(options: argparse.Namespace, table: Table) -> int:
    from controller.ceremony.beside import install

    return install(options, table)
