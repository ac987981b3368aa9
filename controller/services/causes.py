"""Say in one word what a terminal suffers from, and what a person should do next. Pure.

`terminal_status` says whether a terminal is green; this says whom to send with what: an electrician, a network
engineer, somebody with a roll of paper. A terminal that cannot be reached tells nothing itself, so its class is
read from its last words and from its neighbours, and marked as a guess.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from controller.services.terminal_status import Cause, TerminalStatus
from controller.store.terminals import KeptFault

TOGETHER_S = 180
"""Terminals of one site that went within this went for one reason."""
SKEW_S = 120
"""A clock that is off by more than this dates receipts wrongly."""


class CauseClass(StrEnum):
    """What a terminal suffers from, the most urgent first."""

    ZONE = "zone"
    """The controller's own message service: nothing is known of any terminal."""
    POWER = "power"
    NETWORK = "network"
    APP = "app"
    DISK = "disk"
    CONTENT = "content"
    """What it holds differs from what is published, or something was refused."""
    DISPLAY_OFF = "display_off"
    CLOCK = "clock"
    PAPER = "paper"
    PERIPHERAL = "peripheral"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that is wrong.

    Attributes:
        cause: its class.
        subject: screen, peripheral, feed or fault code that it is about, "" for the whole terminal.
        what: a Chinese sentence that says what is the matter.
        next_step: a Chinese sentence that says what to do.
        certain: False for a guess from outside.
        since: unix seconds, 0 = not known.
    """

    cause: CauseClass
    subject: str
    what: str
    next_step: str
    certain: bool = True
    since: int = 0


WORDS: dict[CauseClass, tuple[str, str]] = {
    CauseClass.ZONE: (
        "消息服务未运行，无法确认终端状态。",
        "请先恢复服务器上的消息服务；终端仍在用本地内容服务群众。",
    ),
    CauseClass.POWER: (
        "终端断电或已关机。",
        "请现场人员检查插座、空气开关和电源开关，通电后终端会自动恢复。",
    ),
    CauseClass.NETWORK: (
        "终端的网络中断。",
        "请现场人员检查网线、交换机和专线；仍不通时联系网络运维。",
    ),
    CauseClass.APP: (
        "终端程序没有正常运行。",
        "请远程重启界面；五分钟内未恢复时请现场人员重启终端。",
    ),
    CauseClass.DISK: (
        "终端磁盘已满或损坏。",
        "请维护人员清理或更换磁盘；更换后需要重新配对。",
    ),
    CauseClass.CONTENT: (
        "终端的内容与已发布内容不一致。",
        "请等待自动更新；超过五分钟未更新时检查终端网络和下方的故障说明。",
    ),
    CauseClass.DISPLAY_OFF: (
        "屏幕已关闭或没有信号。",
        "请现场人员打开屏幕电源，检查视频线。",
    ),
    CauseClass.CLOCK: (
        "终端时钟不准。",
        "请维护人员检查终端的时间同步；主板电池可能需要更换。",
    ),
    CauseClass.PAPER: ("小票打印机缺纸。", "请现场人员装入新纸卷。"),
    CauseClass.PERIPHERAL: ("外接设备出现故障。", "请现场人员检查设备的电源和数据线。"),
    CauseClass.OTHER: ("终端报告了故障。", "请按故障说明处理。"),
}
"""For each class: what is the matter, and what a person should do."""

_FAULT_CLASS: tuple[tuple[str, CauseClass], ...] = (
    ("printer:paper", CauseClass.PAPER),
    ("ups:", CauseClass.POWER),
    ("display_off", CauseClass.DISPLAY_OFF),
    ("ui_away", CauseClass.APP),
    ("clock", CauseClass.CLOCK),
    ("disk", CauseClass.DISK),
    ("replica_unwritable", CauseClass.DISK),
    ("replica", CauseClass.CONTENT),
    ("entry_refused", CauseClass.CONTENT),
    ("policy_refused", CauseClass.CONTENT),
    ("head_refused", CauseClass.CONTENT),
    ("snapshot_refused", CauseClass.CONTENT),
    ("log_forked", CauseClass.CONTENT),
    ("keys_expired", CauseClass.CONTENT),
    ("bundle_refused", CauseClass.CONTENT),
    ("feed_", CauseClass.CONTENT),
    ("session_deaf", CauseClass.NETWORK),
    ("broker_", CauseClass.NETWORK),
    ("link_", CauseClass.NETWORK),
    ("certificate_", CauseClass.NETWORK),
    ("api_", CauseClass.NETWORK),
    ("outbox_", CauseClass.NETWORK),
)
"""The first beginning of a fault's code that fits says its class."""

_CAUSE_CLASS: dict[Cause, CauseClass] = {
    Cause.BROKER_DOWN: CauseClass.ZONE,
    Cause.NEVER_SEEN: CauseClass.NETWORK,
    Cause.STOPPED: CauseClass.POWER,
    Cause.LOST: CauseClass.NETWORK,
    Cause.STARTING: CauseClass.APP,
    Cause.SILENT: CauseClass.APP,
    Cause.FORKED: CauseClass.CONTENT,
    Cause.BEHIND: CauseClass.CONTENT,
    Cause.SCREEN_MISSING: CauseClass.APP,
    Cause.SCREEN_BEHIND: CauseClass.CONTENT,
}
_UNREACHED = {Cause.STOPPED, Cause.LOST, Cause.NEVER_SEEN}
_ORDER = {one: place for place, one in enumerate(CauseClass)}


def diagnose(
    status: TerminalStatus, *, site: Iterable[TerminalStatus] = ()
) -> tuple[Diagnosis, ...]:
    """Return what a terminal suffers from, the most urgent first; nothing for a green one.

    Args:
        status: of the terminal.
        site: every terminal of the same site, itself among them or not.
    """
    if status.code is Cause.BROKER_DOWN:
        return (_worded(CauseClass.ZONE, ""),)
    if status.code in _UNREACHED:
        # What it said last may have changed since; only what explains its silence is of use.
        return (_unreached(status, [one for one in site if one.id != status.id]),)
    found = [_of_fault(fault) for fault in status.faults]
    found += _of_peripherals(status)
    if abs(status.clock_skew_s) > SKEW_S and not _has(found, CauseClass.CLOCK):
        found.append(_worded(CauseClass.CLOCK, "clock"))
    if status.code not in {Cause.NONE, Cause.FAULT} and not found:
        found.append(_of_code(status))
    return tuple(sorted(found, key=lambda one: (_ORDER[one.cause], one.since, one.subject)))


def _unreached(status: TerminalStatus, others: Sequence[TerminalStatus]) -> Diagnosis:
    if status.code is Cause.NEVER_SEEN:
        return Diagnosis(CauseClass.NETWORK, "", status.cause, status.next_step, certain=False)
    since = status.since
    if "ups" in status.devices and status.devices["ups"] != "ok":
        # Its last word was that it lived on its battery.
        return _worded(CauseClass.POWER, "ups", since=since)
    if status.code is Cause.STOPPED:
        return Diagnosis(
            CauseClass.POWER, "", status.cause, status.next_step, certain=False, since=since
        )
    gone = [one for one in others if one.code in _UNREACHED and _together(one, status)]
    if others and not gone:
        # Its neighbours' network works, so it is the machine itself.
        return _worded(CauseClass.POWER, "", certain=False, since=since)
    return _worded(CauseClass.NETWORK, "", certain=False, since=since)


def _together(one: TerminalStatus, other: TerminalStatus) -> bool:
    return abs(one.since - other.since) <= TOGETHER_S


def _of_fault(fault: KeptFault) -> Diagnosis:
    cause = _class_of(fault.code)
    return Diagnosis(cause, fault.subject, WORDS[cause][0], fault.text, since=fault.first_seen)


def _class_of(code: str) -> CauseClass:
    for begin, cause in _FAULT_CLASS:
        if code.startswith(begin):
            return cause
    # "scanner:silent": what is left with a colon is a peripheral and its reason.
    return CauseClass.PERIPHERAL if ":" in code else CauseClass.OTHER


def _of_peripherals(status: TerminalStatus) -> list[Diagnosis]:
    """Return what peripherals say of themselves, where no fault says it in a sentence."""
    said = {fault.subject for fault in status.faults}
    found = []
    for device, word in status.devices.items():
        if word != "ok" and device not in said:
            level, _, reason = word.partition(":")
            cause = _class_of(f"{device}:{reason or level}")
            found.append(_worded(cause, device))
    return found


def _of_code(status: TerminalStatus) -> Diagnosis:
    cause = _CAUSE_CLASS[status.code]
    return Diagnosis(cause, "", status.cause, status.next_step)


def _has(found: Iterable[Diagnosis], cause: CauseClass) -> bool:
    return any(one.cause is cause for one in found)


def _worded(cause: CauseClass, subject: str, *, certain: bool = True, since: int = 0) -> Diagnosis:
    what, next_step = WORDS[cause]
    return Diagnosis(cause, subject, what, next_step, certain, since)
