"""`python -m devices doctor`: say in Chinese what is plugged in, how each is, and what to do."""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from content.errors import ZoneError
from devices.agent.config import Home, load
from devices.clock import Clock, SystemClock
from devices.doctor.examine import Examined, examine_home, examine_plugged
from devices.doctor.finding import Verdict, as_fields, as_text

NOT_WELL, NOT_EXAMINED = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Examine and say; return 0 if everything is well, 1 if not, 2 if nothing could be examined."""
    options = _options(arguments)
    logging.getLogger("devices").addHandler(logging.NullHandler())  # the findings say it all
    clock = SystemClock()
    try:
        examined = _examine(options.home, clock=clock)
    except ZoneError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_EXAMINED
    if options.json:
        sys.stdout.write(_json(examined))
    else:
        sys.stdout.write(_text(examined, options.home))
    is_well = all(one.verdict is Verdict.OK for one in examined.findings)
    return 0 if is_well else NOT_WELL


def _examine(home: Path | None, *, clock: Clock) -> Examined:
    if home is None:
        return examine_plugged(clock=clock)
    place = Home(home.resolve())
    return examine_home(place, load(place), clock=clock)


def _text(examined: Examined, home: Path | None) -> str:
    head = f"终端 {home} 的设备：" if home else "这台机器上接着的设备："
    foot: list[str] = []
    if examined.is_agent_running:
        foot.append("终端程序正在运行，以上是它看到的情况；要逐个重新检测，请先停止终端程序。")
    if not examined.findings:
        foot.append("没有找到设备。请检查电源和数据线；用 USB 集线器的，请换直接插到主机。")
    return as_text(examined.findings, head=head, foot=tuple(foot))


def _json(examined: Examined) -> str:
    fields = {
        "agent_running": examined.is_agent_running,
        "devices": [as_fields(one) for one in examined.findings],
    }
    return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m devices doctor")
    parser.add_argument(
        "--home", type=Path, help="the terminal's folder; without it, what is plugged in"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser.parse_args(arguments)
