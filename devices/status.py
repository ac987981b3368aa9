"""Tell the keeper at a terminal, in Chinese, how it is: what waits, since when, what is wrong."""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from devices.agent.config import Home
from devices.clock import CHINA, Clock, SystemClock
from devices.wire.keeper import KeeperView

SILENT_S = 120
OLD_S = 24 * 3600


def main(path: Path, *, clock: Clock | None = None) -> int:
    """Print how the terminal is; return 0 if nothing needs a hand, 1 if something does, 2 if it cannot be read."""
    home = Home(path.resolve())
    try:
        view = msgspec.json.decode(home.keeper.read_bytes(), type=KeeperView)
    except (OSError, msgspec.MsgspecError):
        sys.stderr.write(
            f"没有找到 {home.keeper}：终端程序还没有运行过。请运行 python -m devices agent --home {home.path}。\n"
        )
        return 2
    now = int((clock or SystemClock()).now().timestamp())
    lines = list(sentences(view, now=now))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if is_well(view, now=now) else 1


def is_well(view: KeeperView, *, now: int) -> bool:
    """Say whether nothing needs a hand."""
    return not view.faults and view.online and now - view.at <= SILENT_S


def sentences(view: KeeperView, *, now: int) -> Iterator[str]:
    """Yield what the keeper is told, line by line."""
    yield f"终端：{view.terminal}（{view.site}）"
    if now - view.at > SILENT_S:
        yield f"终端程序没有运行：最后一次记录在{_moment(view.at)}。请启动终端程序。"
    contact = f"最近一次联系：{_moment(view.last_contact)}" if view.last_contact else "还没有联系过"
    yield f"与服务器的连接：{'正常' if view.online else '中断，' + contact}"
    if not view.outbox:
        yield "待送达的申请：没有"
    else:
        yield f"待送达的申请：{view.outbox} 件，最早一件保存于{_moment(view.oldest)}"
        if view.oldest and now - view.oldest > OLD_S:
            yield "有申请超过 24 小时未送达：请检查终端网络，并告诉管理员。申请已加密保存，不会丢失。"
    for fault in view.faults:
        yield f"故障（{_moment(fault.since)}起）：{fault.text}"
    if is_well(view, now=now):
        yield "一切正常，无需处理。"


def _moment(at: int) -> str:
    moment = datetime.fromtimestamp(at, CHINA)
    return f"{moment.month}月{moment.day}日 {moment:%H:%M}"
