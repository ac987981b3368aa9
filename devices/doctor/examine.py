"""Examine a terminal by its settings, or a machine by what is plugged in. Blocks for a few seconds.

Where the terminal's agent runs, its ports are its own: then the agent is asked, and nothing is disturbed.
"""

import fcntl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from devices.agent.config import Home, TerminalConfig
from devices.clock import Clock
from devices.doctor.asking import (
    PRINTER_BAUDS,
    Answered,
    Open,
    ask_printer,
    identify,
    may_open,
    open_serial,
)
from devices.doctor.finding import PRINTER, Finding, Verdict, finding_of
from devices.drivers.health import Health, Level
from devices.drivers.input_link import FOLDER
from devices.drivers.links import Link, LinkLost
from devices.drivers.printer.condition import Reason as PrinterReason
from devices.drivers.reasons import Kind, Reason
from devices.drivers.tcp_link import TcpLink
from devices.drivers.ups.codec import PORT as NUT_PORT
from devices.hub.finding import ListPorts, Plugged, plugged_in
from devices.hub.hub import Hub
from devices.hub.place import Peripheral
from devices.ipc.client import UiClient
from devices.ipc.messages import DeviceHealth, Welcome
from devices.speech.engine import PROGRAM, find_engine

PATIENCE_S = 6.0
AGENT_S = 3.0
_LOOK_S = 0.1
_PRINTER_PORT = 9100
_WARNINGS = frozenset({PrinterReason.NEAR_END})


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, and in which way."""

    findings: tuple[Finding, ...]
    is_agent_running: bool = False


def examine_home(home: Home, settings: TerminalConfig, *, clock: Clock) -> Examined:
    """Examine every device that a terminal's settings name."""
    if _is_agent_running(home):
        found = _from_agent(home, settings, clock=clock)
        return Examined((*found, *_voice(settings)), is_agent_running=True)
    findings = _from_hub(settings, clock=clock)
    if settings.printer:
        findings = (_printer(settings.printer, clock=clock), *findings)
    return Examined((*findings, *_voice(settings)))


def examine_plugged(
    *, clock: Clock, list_ports: ListPorts = plugged_in, opener: Open = open_serial
) -> Examined:
    """Examine whatever serial devices are plugged in, and the power supply that NUT knows here."""
    found = [_stranger(port, clock=clock, opener=opener) for port in list_ports()]
    supply = _supply(clock=clock)
    return Examined((*found, *((supply,) if supply else ())))


def _is_agent_running(home: Home) -> bool:
    try:
        with home.lock.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # no agent has ever run here
    return False


def _wait(is_done: Callable[[], bool], *, clock: Clock, seconds: float) -> None:
    pause, end = threading.Event(), clock.monotonic() + seconds
    while not is_done() and clock.monotonic() < end:
        pause.wait(_LOOK_S)


def _from_agent(home: Home, settings: TerminalConfig, *, clock: Clock) -> tuple[Finding, ...]:
    """Ask the agent as a user interface would; it tells everybody how the devices are."""
    said: dict[str, DeviceHealth] = {}
    wanted = {str(kind) for kind, one in settings.devices.items() if one.at}
    wanted |= {PRINTER} if settings.printer else set()
    client = UiClient(home.socket, ui="doctor")

    def has_all() -> bool:
        for message in client.drain(1000):
            if isinstance(message, DeviceHealth):
                said[message.device] = message
            elif isinstance(message, Welcome):
                pass
        return wanted <= said.keys()

    client.start()
    try:
        _wait(has_all, clock=clock, seconds=AGENT_S)
    finally:
        client.stop()
    return tuple(
        finding_of(
            device,
            _place(settings, device),
            level=Level(said[device].level) if device in said else Level.DOWN,
            reason=said[device].reason if device in said else str(Reason.SILENT),
        )
        for device in sorted(wanted)
    )


def _from_hub(settings: TerminalConfig, *, clock: Clock) -> tuple[Finding, ...]:
    hub = Hub(
        settings.devices, clock=clock, claimed=(settings.printer,) if settings.printer else ()
    )
    hub.start()
    if hub.sign is not None:
        hub.sign.show(settings.zone)
    try:
        _wait(lambda: len(hub.health()) == len(hub.kinds), clock=clock, seconds=PATIENCE_S)
        health = hub.health()
    finally:
        hub.close()
    nothing = Health(Level.DOWN, Reason.SILENT)
    return tuple(
        _refused(settings, kind) or _finding(settings, kind, health.get(kind, nothing))
        for kind in hub.kinds
    )


def _finding(settings: TerminalConfig, kind: Kind, health: Health) -> Finding:
    place = _place(settings, str(kind))
    return finding_of(str(kind), place, level=health.level, reason=health.reason)


def _voice(settings: TerminalConfig) -> tuple[Finding, ...]:
    """Return whether the keypad can speak, where there is one: without a voice it helps few."""
    if not settings.devices.get(Kind.KEYPAD, Peripheral()).at:
        return ()
    if find_engine() is not None:
        said = "已安装。请按一下键盘，听一听耳机或扬声器里的声音。"
        return (Finding("speech", "语音朗读", PROGRAM, Verdict.OK, said),)
    missing = f"没有安装语音程序，无障碍键盘可以用，但没有声音。请运行 apt install {PROGRAM}。"
    return (Finding("speech", "语音朗读", PROGRAM, Verdict.WARN, missing),)


def _refused(settings: TerminalConfig, kind: Kind) -> Finding | None:
    at = settings.devices[kind].at
    if at.startswith("/") and Path(at).exists() and not may_open(at):
        return _no_right(at, device=str(kind))
    return None


def _no_right(place: str, *, device: str = "") -> Finding:
    group = "input" if place.startswith(FOLDER) else "dialout"
    sentence = f"当前用户没有读写这个端口的权限，请把运行终端的用户加入 {group} 组后重新登录。"
    return Finding(device, "串口设备", place, Verdict.DOWN, sentence)


def _place(settings: TerminalConfig, device: str) -> str:
    if device == PRINTER:
        return settings.printer
    return settings.devices.get(Kind(device), Peripheral()).at


def _printer(path: str, *, clock: Clock) -> Finding:
    for baud in PRINTER_BAUDS:
        try:
            link = _open_printer(path, baud)
        except LinkLost as lost:
            return finding_of(PRINTER, path, level=Level.DOWN, reason=lost.reason)
        try:
            answered = ask_printer(link, clock)
        except LinkLost as lost:
            return finding_of(PRINTER, path, level=Level.DOWN, reason=lost.reason)
        finally:
            link.close()
        if answered is not None:
            return _answered(answered, path)
    return finding_of(PRINTER, path, level=Level.DOWN, reason=str(PrinterReason.SILENT))


def _open_printer(at: str, baud: int) -> Link:
    if not at.startswith("tcp://"):
        return open_serial(at, baud)
    parts = urlsplit(at)
    return TcpLink(parts.hostname or "", parts.port or _PRINTER_PORT)


def _answered(answered: Answered, place: str) -> Finding:
    level = Level.OK if not answered.reason else Level.DOWN
    if answered.reason in _WARNINGS:
        level = Level.WARN
    return finding_of(
        answered.device, place, level=level, reason=answered.reason, details=answered.details
    )


def _stranger(port: Plugged, *, clock: Clock, opener: Open) -> Finding:
    place = f"{port.path} {port.vid:04x}:{port.pid:04x}" if port.vid else port.path
    if not may_open(port.path):
        return _no_right(place)
    try:
        answered = identify(port, clock=clock, opener=opener)
    except LinkLost as lost:
        why = {
            "busy": "正被其他程序占用。终端程序在运行时，请加 --home 目录 再检查。",
            "unplugged": "检查时被拔出，请插好后再检查一次。",
        }.get(lost.reason, "打不开，请检查数据线后再检查一次。")
        return Finding("", port.description or "串口设备", place, Verdict.DOWN, why)
    if answered is not None:
        return _answered(answered, place)
    sentence = (
        "没有按已知的方式应答。若是扫码器，属正常现象，请在 terminal.toml 写明它的位置；"
        "否则请检查电源、波特率和型号。"
    )
    return Finding("", port.description or "串口设备", place, Verdict.UNKNOWN, sentence)


def _supply(*, clock: Clock) -> Finding | None:
    """Return how the supply is that NUT knows on this machine; None if there is no NUT."""
    try:
        TcpLink("127.0.0.1", NUT_PORT).close()
    except LinkLost:
        return None
    hub = Hub({Kind.UPS: Peripheral(at="auto")}, clock=clock)
    hub.start()
    try:
        _wait(lambda: Kind.UPS in hub.health(), clock=clock, seconds=PATIENCE_S)
        health = hub.health().get(Kind.UPS, Health(Level.DOWN, Reason.SILENT))
    finally:
        hub.close()
    place = f"127.0.0.1:{NUT_PORT}"
    return finding_of(str(Kind.UPS), place, level=health.level, reason=health.reason)
