"""The steps of `python -m controller.keys`, each with its printed instructions for the people at the table."""

import argparse
from dataclasses import dataclass
from datetime import datetime

from content.canonical import sha256_hex
from content.errors import CallerError
from controller.ceremony.ceremony import DONE, Ceremony, CeremonyError, read_done
from controller.ceremony.console import Console, agrees
from controller.ceremony.holder_keys import make_key, open_key
from controller.ceremony.request import describe

RUN = "python -m controller.keys"


class GivenUp(CallerError):
    """The person did not agree; nothing was done."""


@dataclass(frozen=True, slots=True)
class Table:
    """Where the steps happen: a person at a keyboard, and the time of the computer without a network."""

    console: Console
    now: datetime


def begin(options: argparse.Namespace, table: Table) -> int:
    """Lay down who holds the root."""
    ceremony = Ceremony(options.folder)
    holders = tuple(one.strip() for one in options.holders.split(",")) if options.holders else ()
    renewed = tuple(one.strip() for one in options.new_key.split(",")) if options.new_key else ()
    plan = ceremony.begin(
        options.request,
        holders=holders,
        threshold=options.threshold,
        previous=options.previous,
        renewed=renewed,
    )
    asked = ceremony.request()
    table.console.say(
        f"密钥仪式已开始，目录：{options.folder}",
        f"保管人：{'、'.join(plan.holders)}；其中任意 {plan.threshold} 人签名才有效。",
        f"申请文件校验码：{_spoken(asked.digest)}　请与控制端打印的校验码逐字核对。",
        *describe(asked.policy),
    )
    return status(options, table)


def holder(options: argparse.Namespace, table: Table) -> int:
    """Make one holder's key on that holder's own medium."""
    ceremony, console = Ceremony(options.folder), table.console
    ceremony.refuse_made(options.name)
    console.say(
        f"为保管人“{options.name}”生成密钥，写入 {options.key}。",
        "请保管人本人输入口令，其他人请回避；口令不会显示，忘记后无法找回。",
    )
    if options.key.exists():
        # Broken off between the two files: the key is there, its public half not yet noted.
        key = open_key(options.key, console.secret("密钥文件已存在，请输入它的口令："))
    else:
        first = console.secret("请输入口令（至少 12 个字符）：")
        if console.secret("请再输入一遍：") != first:
            raise GivenUp("两次输入的口令不一致，没有生成密钥。请重新运行这一步。")
        key = make_key(options.key, first)
    ceremony.add_holder(options.name, key)
    console.say(
        f"“{options.name}”的密钥已生成。公钥校验码：{_spoken(sha256_hex(bytes.fromhex(key.public)))}",
        "请取下存放密钥的介质，由保管人本人封存；建议另做一份备份，分处存放。",
    )
    return status(options, table)


def sign(options: argparse.Namespace, table: Table) -> int:
    """Show what is to be signed; sign it with one holder's key."""
    ceremony, console = Ceremony(options.folder), table.console
    plan, asked = ceremony.plan(), ceremony.request()
    console.say("请在签名前逐行核对下列内容：", *describe(asked.policy))
    if plan.root:
        console.say(
            f"根第 {plan.root} 版保管人：{'、'.join(plan.holders)}；须 {plan.threshold} 人签名。"
        )
    console.say(f"申请文件校验码：{_spoken(asked.digest)}")
    if not agrees(console, "以上内容是否与会议确定的一致？"):
        raise GivenUp("没有签名。如内容有误，请在控制端更正后重新生成申请文件。")
    key = open_key(options.key, console.secret("请输入密钥口令："))
    name = ceremony.sign(key, now=table.now)
    console.say(f"“{name}”已签名。请取下介质并封存。")
    return status(options, table)


def finish(options: argparse.Namespace, table: Table) -> int:
    """Check the signatures and write the result."""
    result = Ceremony(options.folder).finish()
    first = sha256_hex(result.roots[0])
    table.console.say(
        f"仪式完成，结果：{options.folder / DONE}",
        f"首个根的指纹：{_spoken(first)}　请写入会议记录，登记终端时核对。",
        f"下一步：把 {DONE} 目录拷到控制端，运行 {RUN} install --state 数据目录 --from {DONE}",
        f"请留存一份 {DONE} 目录：下次更换密钥或策略时，begin 的 --previous 要用到它。",
    )
    return 0


def status(options: argparse.Namespace, table: Table) -> int:
    """Say what is still to do."""
    ceremony, folder = Ceremony(options.folder), options.folder
    if (folder / DONE).exists():
        read_done(folder / DONE)
        table.console.say(f"仪式已经完成，结果已核对无误：{folder / DONE}")
        return 0
    plan, missing, signed = ceremony.plan(), ceremony.missing_keys(), ceremony.signed_by()
    say = table.console.say
    if missing:
        say(f"还要生成密钥的保管人：{'、'.join(missing)}")
        say(f"下一步：{RUN} holder --folder {folder} --name {missing[0]} --key 介质路径/root.key")
    elif not ceremony.is_enough():
        say(f"已签名：{'、'.join(signed) or '无'}；须 {plan.threshold} 人签名。")
        if plan.root > 1:
            say("更换根时，原保管人与新保管人都要达到各自的签名人数。")
        say(f"下一步：{RUN} sign --folder {folder} --key 介质路径/root.key")
    else:
        say(f"签名已够：{'、'.join(signed)}。下一步：{RUN} finish --folder {folder}")
    return 0


def check_folder(options: argparse.Namespace) -> None:
    """Refuse to hold a ceremony in a zone's own folder.

    Raises:
        CeremonyError: the folder belongs to a controller.
    """
    if (options.folder / "zone.toml").exists():
        raise CeremonyError(
            "密钥仪式不能在控制端的数据目录中进行，请使用不联网的计算机和可移动介质。"
        )


def _spoken(digest: str) -> str:
    return " ".join(digest[place : place + 4] for place in range(0, 32, 4))
