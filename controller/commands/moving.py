"""Move a zone that has outgrown its file to PostgreSQL."""

import argparse
import asyncio
import sys

from controller.config import FILE, load_config
from controller.services.audit import AuditLog
from controller.services.moving import Moved, move
from controller.store.database import Database
from devices.clock import SystemClock


def move_database(options: argparse.Namespace) -> int:
    """Move everything, or nothing; say what to do next."""
    config = load_config(options.state)
    moved = asyncio.run(_move(config.database_url, options.to))
    sys.stdout.write(
        f"已迁移 {len(moved.tables)} 张表、{sum(moved.tables.values())} 行，逐行核对一致；"
        f"审计日志 {moved.deeds} 条，首尾相连。\n"
        "下一步：\n"
        f"1. 在 {options.state / FILE} 中把 database 设为 --to 中的地址，文件权限设为 0600。\n"
        f"2. 运行 python -m controller serve --state {options.state}，检查工作台的文件、申请和终端。\n"
        "3. 确认无误后，把原数据库作为备份移走；不要再用它启动控制端。\n"
    )
    return 0


async def _move(source: str, target: str) -> Moved:
    database = Database(source)
    try:
        return await move(source, target, audit=AuditLog(database=database, clock=SystemClock()))
    finally:
        await database.close()
