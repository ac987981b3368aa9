"""What an alert says to people: subject and text of the mail, and the fields that a webhook gets. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from controller.services.alert_rules import NoticeKind
from controller.services.causes import diagnose
from controller.services.terminal_status import TerminalStatus
from controller.store.alerts import KeptAlert
from devices.clock import CHINA

MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell.

    Attributes:
        kind, site, alert: what, where, and the alert's id.
        subject, text: in the language of staff.
        terminals: terminal -> what it suffers from, as a word.
        link: page of the desk.
    """

    kind: NoticeKind
    site: str
    alert: int
    subject: str
    text: str
    terminals: dict[str, str]
    link: str


def notice_of(
    kind: NoticeKind, alert: KeptAlert, statuses: Iterable[TerminalStatus], *, link: str
) -> Notice:
    """Return the notice of an alert; it names no person."""
    site = tuple(statuses)
    words = {one.id: str(_first_class(one, site)) for one in site if one.id in alert.trouble}
    subject, lines = _trouble(alert, site) if kind is NoticeKind.TROUBLE else _over(alert)
    text = "\n".join([*lines, "", f"查看详情：{link}"])
    return Notice(kind, alert.site, alert.id, subject, text, words, link)


def _over(alert: KeptAlert) -> tuple[str, list[str]]:
    span = f"{_time(alert.opened)} 开始的异常已于 {_time(alert.closed)} 结束，无需处理。"
    return f"【已恢复】{alert.site}：终端已全部正常", [span]


def _trouble(alert: KeptAlert, site: tuple[TerminalStatus, ...]) -> tuple[str, list[str]]:
    subject = f"【需要处理】{alert.site}：{len(alert.trouble)} 台终端异常"
    lines = [f"{alert.site}从 {_time(alert.opened)} 起有终端异常。", ""]
    ill = [one for one in site if one.id in alert.trouble]
    for one in ill[:MOST_LINES]:
        found = diagnose(one, site=site)
        what, todo = (found[0].what, found[0].next_step) if found else (one.cause, one.next_step)
        lines.append(f"· {one.id}：{what}{todo}")
    if len(ill) > MOST_LINES:
        lines.append(f"· 另有 {len(ill) - MOST_LINES} 台，请打开下面的网页查看。")
    return subject, lines


def _first_class(one: TerminalStatus, site: tuple[TerminalStatus, ...]) -> str:
    found = diagnose(one, site=site)
    return str(found[0].cause) if found else str(one.code)


def _time(at: int) -> str:
    moment = datetime.fromtimestamp(at, CHINA)
    return f"{moment.month}月{moment.day}日{moment:%H:%M}"
