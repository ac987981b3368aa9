"""The two steps of a ceremony that happen beside the controller: ask for signatures, put them in use."""

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from content.errors import CallerError
from content.feed.tuf_chain import handover_bytes
from controller import keys
from controller.broker.private_files import write_private
from controller.ceremony.ceremony import Result, read_done
from controller.ceremony.request import KeyRequest, describe
from controller.ceremony.steps import RUN, Table
from controller.commands.offline import offline
from controller.config import load_config
from controller.services.policy import FileRootSigner
from controller.services.trust_shelf import TrustShelf

if TYPE_CHECKING:
    from content.feed.policy import Policy


class NothingNew(CallerError):
    """There is nothing to be signed."""


def request(options: argparse.Namespace, table: Table) -> int:
    """Write the next policy for the holders to sign."""
    asked = asyncio.run(_asked(options.state))
    if options.out.exists():
        raise NothingNew(f"{options.out} 已经存在，没有覆盖。请换一个文件名。")
    write_private(options.out, asked.to_bytes())
    digest = " ".join(asked.digest[place : place + 4] for place in range(0, 32, 4))
    table.console.say(
        f"申请文件：{options.out}",
        f"校验码：{digest}　请抄下来，在离线计算机上逐字核对。",
        *describe(asked.policy),
        "下一步：把申请文件拷到不联网的计算机，运行",
        f"  {RUN} begin --folder 仪式目录 --request 申请文件 --holders 姓名,姓名,姓名 --threshold 2",
        "已办过仪式的专区，另加 --previous 上次的metadata目录；只换策略时不写 --holders。",
    )
    return 0


async def _asked(state: Path) -> KeyRequest:
    config = load_config(state)
    async with offline(config) as app:
        policies = app[keys.POLICIES]
        shelf = TrustShelf(config.state, clock=app[keys.CLOCK])
        current = await policies.current()
        policy: Policy | None = await policies.proposed()
        if policy is None and current is not None:
            if current.chain:
                raise NothingNew("签名策略没有变化，无需重新签发；要更换保管人也请先有策略变更。")
            # The first ceremony may confirm what the browser's root has signed.
            policy = await policies.next_of(current.policy)
        if policy is None:
            raise NothingNew("还没有可签发的策略，请先在工作台登记人员和密钥。")
        return KeyRequest(policy, shelf.online_public())


def install(options: argparse.Namespace, table: Table) -> int:
    """Check a ceremony's result and put it in use."""
    result = read_done(options.source)
    handed_over = asyncio.run(_install(options, result))
    table.console.say("新的根和签名策略已启用，运行中的控制端会在几秒内通知各终端。")
    if not handed_over:
        table.console.say(
            "此前登记的终端信任的是浏览器中的旧根密钥。请由持有旧根密钥的管理员登录工作台，"
            "在“人员与密钥”页面移交；移交前，这些终端继续使用原有策略，显示不受影响。"
        )
    return 0


async def _install(options: argparse.Namespace, result: Result) -> bool:
    config = load_config(options.state)
    async with offline(config) as app:
        policies = app[keys.POLICIES]
        shelf = TrustShelf(config.state, clock=app[keys.CLOCK])
        signers = [FileRootSigner(options.root_key)] if options.root_key else []
        said = handover_bytes(result.roots[0])
        handover = tuple(one.sign(said) for one in signers)
        if shelf.is_filled and shelf.result() == result:
            raise NothingNew("这个仪式结果已经启用，没有重做。")
        current = await policies.current()
        if current is None or current.chain != result.signed_policy().chain:
            # Else it was adopted, and the power went before its files were laid out.
            await policies.adopt(result, handover=handover, online=shelf.online_public())
        shelf.install(result)
        return not await policies.handover_due()
