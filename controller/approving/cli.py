"""`python -m controller.approve`: a key, its registration, and signing, at the desk's address or from files."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from content.errors import CallerError, ZoneError
from content.feed.statement import Action
from controller.approving.desk_client import DeskClient, desk
from controller.approving.offer import (
    Kind,
    Offer,
    SignatureFile,
    describe,
    named,
    read_offer,
    read_signature,
    signed,
    visible,
)
from controller.broker.private_files import write_private
from controller.ceremony.console import Console, Parser, Terminal, agrees
from controller.ceremony.holder_keys import make_key, open_key

Step = Callable[[argparse.Namespace, Console], int]
WRONG = 2


class NoDesk(CallerError):
    """It is not said where the desk is, or what is to be signed."""


def main(argv: list[str], *, console: Console | None = None) -> int:
    """Run one step and return its exit code."""
    options = _parser().parse_args(argv)
    step: Step = options.step
    try:
        return step(options, console or Terminal())
    except ZoneError as error:
        sys.stderr.write(f"{visible(str(error))}\n")
    except OSError as error:
        subject = f" {error.filename}" if error.filename else ""
        sys.stderr.write(f"无法读写文件{subject}，请检查路径和权限。（{error.strerror}）\n")
    except KeyboardInterrupt:
        sys.stderr.write("已停止，没有签名。\n")
    return WRONG


def make(options: argparse.Namespace, console: Console) -> int:
    """Make a key."""
    first = console.secret("请为密钥设置口令（至少 12 个字符）：")
    if console.secret("请再输入一遍：") != first:
        console.say("两次输入的口令不一致，没有生成密钥。")
        return WRONG
    key = make_key(options.key, first)
    console.say(
        f"密钥已生成：{options.key}，编号 {named(key.public)}。", "下一步：用 register 登记。"
    )
    return 0


def register(options: argparse.Namespace, console: Console) -> int:
    """Register a key at the desk."""
    key = open_key(options.key, console.secret("请输入密钥口令："))
    account = _account(options, console)

    async def act() -> None:
        async with account.enter() as client:
            await client.register(key, options.name)

    asyncio.run(act())
    console.say("已登记。请管理员签发新的签名策略后使用。")
    return 0


def fetch(options: argparse.Namespace, console: Console) -> int:
    """Save what is to be signed, for a machine without a network."""
    offer = asyncio.run(_offer(options, _account(options, console)))
    describe(offer)
    write_private(options.out, msgspec.json.encode(offer))
    console.say(
        f"待签内容已保存：{options.out}。请在签名的计算机上运行 sign --offer {options.out}。"
    )
    return 0


def sign(options: argparse.Namespace, console: Console) -> int:
    """Show what is to be signed, ask, sign; hand it in, or write it to a file."""
    account = None if options.offer else _account(options, console)
    offer = (
        read_offer(options.offer.read_bytes())
        if account is None
        else asyncio.run(_offer(options, account))
    )
    console.say(*describe(offer))
    if not agrees(console, "请逐字核对以上内容。"):
        console.say("没有签名。")
        return WRONG
    key = open_key(options.key, console.secret("请输入密钥口令："))
    signature = signed(offer, key.sign(offer.statement.signed_bytes()))
    if account is None:
        out = options.out or options.offer.with_suffix(".sig")
        write_private(out, msgspec.json.encode(signature))
        console.say(f"签名已写入 {out}。请在能连接工作台的计算机上运行 post {out}。")
        return 0
    asyncio.run(_hand_in(account, signature))
    console.say("已签名并提交。")
    return 0


def post(options: argparse.Namespace, console: Console) -> int:
    """Hand in a signature from a file."""
    signature = read_signature(options.signature.read_bytes())
    asyncio.run(_hand_in(_account(options, console), signature))
    console.say("签名已提交。")
    return 0


@dataclass(frozen=True, slots=True)
class Account:
    """Where the desk is, and as whom."""

    base: str
    login: str
    authority: Path | None
    password: str = field(repr=False)

    def enter(self) -> AbstractAsyncContextManager[DeskClient]:
        """Return a session, to be entered."""
        return desk(self.base, login=self.login, password=self.password, authority=self.authority)


def _account(options: argparse.Namespace, console: Console) -> Account:
    if not (options.desk and options.login):
        raise NoDesk("请用 --desk 指明工作台网址，用 --login 指明登录名。")
    password = console.secret(f"请输入 {options.login} 的工作台登录口令：")
    return Account(options.desk, options.login, options.ca, password)


async def _offer(options: argparse.Namespace, account: Account) -> Offer:
    kind = Kind.EMERGENCY if options.emergency else Kind.DOCUMENT
    action = Action.DELETE if options.withdraw else Action.PUT
    if not options.record:
        raise NoDesk("请写明要签的文件或应急信息的编号。")
    async with account.enter() as client:
        return await client.offer(kind, options.record, action)


async def _hand_in(account: Account, signature: SignatureFile) -> None:
    async with account.enter() as client:
        await client.hand_in(signature)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m controller.approve", description="在自己的计算机上核对并签名")
    commands = parser.add_subparsers(required=True, metavar="步骤")

    one = commands.add_parser("key", help="生成自己的签名密钥")
    one.add_argument("--key", type=Path, required=True, help="密钥文件")
    one.set_defaults(step=make)

    one = commands.add_parser("register", help="在工作台登记密钥")
    one.add_argument("--key", type=Path, required=True, help="密钥文件")
    one.add_argument("--name", default="自备计算机", help="给密钥起的名称")
    _at_the_desk(one)
    one.set_defaults(step=register)

    one = commands.add_parser("fetch", help="下载待签内容，供离线签名")
    _what(one)
    _at_the_desk(one)
    one.add_argument("--out", type=Path, required=True, help="待签文件")
    one.set_defaults(step=fetch)

    one = commands.add_parser("sign", help="核对内容并签名")
    _what(one)
    _at_the_desk(one)
    one.add_argument("--offer", type=Path, help="离线：fetch 下载的待签文件")
    one.add_argument("--key", type=Path, required=True, help="密钥文件")
    one.add_argument("--out", type=Path, help="离线：签名文件")
    one.set_defaults(step=sign)

    one = commands.add_parser("post", help="提交离线得到的签名文件")
    one.add_argument("signature", type=Path, help="签名文件")
    _at_the_desk(one)
    one.set_defaults(step=post)
    return parser


def _what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("record", nargs="?", default="", help="编号")
    parser.add_argument("--emergency", action="store_true", help="应急信息")
    parser.add_argument("--withdraw", action="store_true", help="撤回或撤销")


def _at_the_desk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--desk", default="", help="工作台网址")
    parser.add_argument("--login", default="", help="登录名")
    parser.add_argument("--ca", type=Path, help="自建证书的 ca.crt")
