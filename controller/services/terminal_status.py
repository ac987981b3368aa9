"""Decide whether a terminal is green, and if not, why and what to do next. Pure.

Green means: it has a link, holds exactly what is published, every one of its screens has drawn exactly that,
and nothing is wrong. Anything not known is not green (architecture.md 5.5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from controller.store.terminals import KeptFault, KeptReport, Presence, Terminal
from devices.wire.messages import DeviceState, FeedMark, Paper, Report

REPORT_STALE_S = 300
"""A terminal reports each minute; one that misses five is hanging, whatever its link says."""
PRINTER = "printer"


class Cause(StrEnum):
    """Why a terminal is not green; the first that holds, from the outside to the inside."""

    NONE = "none"
    BROKER_DOWN = "broker_down"
    NEVER_SEEN = "never_seen"
    STOPPED = "stopped"
    LOST = "lost"
    STARTING = "starting"
    SILENT = "silent"
    FAULT = "fault"
    FORKED = "forked"
    BEHIND = "behind"
    SCREEN_MISSING = "screen_missing"
    SCREEN_BEHIND = "screen_behind"


CAUSE_ZH: dict[Cause, tuple[str, str]] = {
    Cause.NONE: ("一切正常。", "无需处理。"),
    Cause.BROKER_DOWN: (
        "消息服务未运行，无法确认终端状态。",
        "请先处理本页上方的消息服务提示；终端仍在用本地内容服务群众。",
    ),
    Cause.NEVER_SEEN: (
        "终端登记后还没有连接过。",
        "请确认终端已通电、已接网线，并已拷入登记时生成的文件。",
    ),
    Cause.STOPPED: (
        "终端程序已正常停止。",
        "如非有意停止，请现场人员打开终端电源或重新启动终端程序。",
    ),
    Cause.LOST: (
        "终端已断开连接。",
        "请现场人员检查电源和网线；终端仍可查询、打印，恢复连接后会自动补上内容。",
    ),
    Cause.STARTING: ("终端已连接，正在启动。", "请稍等片刻；超过五分钟未变化时请重启终端。"),
    Cause.SILENT: (
        "终端已连接，但超过五分钟没有报告。",
        "请现场人员重启终端；仍无报告时联系维护人员。",
    ),
    Cause.FAULT: ("终端报告了故障。", "请按故障说明处理。"),
    Cause.FORKED: (
        "终端的内容与已发布内容不一致。",
        "请停用该终端，保留现场并联系维护人员核查签名日志。",
    ),
    Cause.BEHIND: ("终端正在接收新内容。", "请稍等片刻；超过五分钟未完成时请检查终端网络。"),
    Cause.SCREEN_MISSING: (
        "屏幕没有回报显示内容。",
        "请现场人员检查屏幕是否开机、界面程序是否在运行。",
    ),
    Cause.SCREEN_BEHIND: ("屏幕正在更新画面。", "请稍等片刻；超过五分钟未完成时请重启终端界面。"),
}
"""For each cause: what is the matter, and what a person should do."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """One feed at one terminal: published, applied, and on each screen's glass (sequence numbers)."""

    feed: str
    desired: int
    applied: int
    glass: Mapping[str, int]

    @property
    def all_equal(self) -> bool:
        """Whether desired, applied and every glass agree."""
        return self.applied == self.desired and all(
            sequence == self.desired for sequence in self.glass.values()
        )


@dataclass(frozen=True, slots=True)
class TerminalStatus:
    """What the desk shows of a terminal.

    Attributes:
        id, site, region: who and where.
        online: it has a link, as far as the controller can know now.
        since: unix seconds since which it is online, or was last; 0 = never connected.
        feeds: how far each feed has come; a screen that says nothing counts as 0 while there is content.
        green: online, everything equal, nothing wrong.
        code: cause as a word; `cause` and `next_step` are its Chinese sentences.
        faults: what is wrong, the oldest first.
        printer: "ok", level and reason, or "" for no printer.
        devices: peripheral -> the same, as reported.
        outbox: envelopes that wait at the terminal.
        last_report: unix seconds of arrival, 0 = none.
        paper: what is left in the printer and what was printed of late, None if it is not known.
        clock_skew_s: seconds by which the terminal's clock was ahead when it reported last.
    """

    id: str
    site: str
    region: str
    online: bool
    since: int
    feeds: tuple[FeedStatus, ...]
    green: bool
    code: Cause
    cause: str
    next_step: str
    faults: tuple[KeptFault, ...]
    printer: str
    devices: Mapping[str, str]
    outbox: int
    last_report: int
    clock_skew_s: int = 0
    paper: Paper | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.site or self.id


@dataclass(frozen=True, slots=True)
class Known:
    """All that the controller knows of a terminal.

    Attributes:
        terminal, presence, report, faults: from the store.
        heard: since the controller's present connection to the broker something was heard of it.
        link_up: the controller itself is connected to the broker.
        https_since: unix seconds since which it is heard over HTTPS alone, 0 = it is not.
    """

    terminal: Terminal
    presence: Presence | None
    report: KeptReport | None
    faults: tuple[KeptFault, ...]
    heard: bool
    link_up: bool
    https_since: int = 0


_NOTHING = Report(policy=0, applied={})


def status_of(known: Known, *, desired: Mapping[str, tuple[int, str]], now: int) -> TerminalStatus:
    """Judge a terminal.

    Args:
        known: what is known of it.
        desired: feed -> sequence and link hash of the newest published line.
        now: unix seconds.
    """
    report = known.report.report if known.report else _NOTHING
    feeds = _feeds(known.terminal, report, desired)
    cause = _cause(known, feeds, desired=desired, now=now)
    what, next_step = CAUSE_ZH[cause]
    if cause is Cause.FAULT:
        next_step = known.faults[0].text
    return TerminalStatus(
        id=known.terminal.id,
        site=known.terminal.site,
        region=known.terminal.region,
        online=_unlinked(known) is None,
        since=known.https_since or (known.presence.since if known.presence else 0),
        feeds=feeds,
        green=cause is Cause.NONE,
        code=cause,
        cause=what,
        next_step=next_step,
        faults=known.faults,
        printer=report.devices.get(PRINTER, ""),
        devices=report.devices,
        outbox=report.outbox,
        last_report=known.report.received if known.report else 0,
        clock_skew_s=report.at - known.report.received if known.report and report.at else 0,
        paper=report.paper,
    )


def _feeds(
    terminal: Terminal, report: Report, desired: Mapping[str, tuple[int, str]]
) -> tuple[FeedStatus, ...]:
    glass = {mark.ui: mark.sequences for mark in report.glass}
    nothing = FeedMark(0, "")
    return tuple(
        FeedStatus(
            feed,
            desired.get(feed, (0, ""))[0],
            report.applied.get(feed, nothing).sequence,
            {ui: glass.get(ui, {}).get(feed, 0) for ui in terminal.screens},
        )
        for feed in terminal.feeds
    )


def _cause(
    known: Known,
    feeds: tuple[FeedStatus, ...],
    *,
    desired: Mapping[str, tuple[int, str]],
    now: int,
) -> Cause:
    unlinked = _unlinked(known)
    if unlinked is not None:
        return unlinked
    if known.report is None:
        return Cause.STARTING
    if now - known.report.received > REPORT_STALE_S:
        return Cause.SILENT
    if known.faults:
        return Cause.FAULT
    if _is_forked(known.report.report, desired):
        return Cause.FORKED
    return _what_differs(known.terminal, known.report.report, feeds)


def _unlinked(known: Known) -> Cause | None:
    """Return why the terminal counts as without a link, None if it has one."""
    if known.https_since:
        return None
    if not known.link_up:
        return Cause.BROKER_DOWN
    if known.presence is None:
        return Cause.NEVER_SEEN
    match known.presence.state:
        case DeviceState.SLEEPING:
            return Cause.STOPPED
        case DeviceState.LOST:
            return Cause.LOST
        case DeviceState.INIT | DeviceState.READY:
            # After a broker's restart an old word proves nothing until the terminal speaks again.
            return None if known.heard else Cause.LOST


def _is_forked(report: Report, desired: Mapping[str, tuple[int, str]]) -> bool:
    return any(
        mark.sequence > desired[feed][0]
        or (mark.sequence == desired[feed][0] and mark.link != desired[feed][1])
        for feed, mark in report.applied.items()
        if feed in desired
    )


def _what_differs(terminal: Terminal, report: Report, feeds: tuple[FeedStatus, ...]) -> Cause:
    if any(feed.applied != feed.desired for feed in feeds):
        return Cause.BEHIND
    drawn = {mark.ui for mark in report.glass}
    if not drawn.issuperset(terminal.screens):
        return Cause.SCREEN_MISSING
    return Cause.NONE if all(feed.all_equal for feed in feeds) else Cause.SCREEN_BEHIND
