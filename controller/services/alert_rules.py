"""Decide when somebody is told of trouble at a site, and when that it is over. Pure.

One alert a site, however many of its terminals fall ill: who is called out at three because a switch died wants one
call. Nobody is told of what passes by itself, of what is switched off at night, outside the hours in which somebody
could do something, or while it is snoozed. That it is over is told only to who was told that it began.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from controller.services.terminal_status import Cause, TerminalStatus
from controller.store.alerts import KeptAlert
from controller.store.sites import Hours

PATIENCE_S = 300
"""Trouble that passes sooner by itself is nobody's business."""
_AT_NIGHT = {Cause.STOPPED, Cause.LOST, Cause.SCREEN_MISSING}
"""What is normal while a site is closed: somebody has switched off the lights."""
_ZONE_WIDE = Cause.BROKER_DOWN
"""Says nothing of any site; the desk shows it above every page."""


class NoticeKind(StrEnum):
    """What somebody is told."""

    TROUBLE = "trouble"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class SiteNow:
    """A site at this moment.

    Attributes:
        name: of the site.
        hours: when somebody is there.
        statuses: of all its terminals.
    """

    name: str
    hours: Hours
    statuses: tuple[TerminalStatus, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of an alert, and what is to be told; `alert` None = there is none."""

    alert: KeptAlert | None
    notice: NoticeKind | None = None


def is_open(hours: Hours, moment: datetime) -> bool:
    """Say whether somebody is at the site; `moment` is in the zone's time."""
    opens, closes = hours[moment.weekday()]
    return opens <= moment.hour * 60 + moment.minute < closes


def step(site: SiteNow, alert: KeptAlert | None, *, now: datetime) -> Step:
    """Return what follows now.

    Args:
        site: how its terminals are.
        alert: the open one of this site, if there is one.
        now: the aware moment in the zone's time.
    """
    at, opened = int(now.timestamp()), is_open(site.hours, now)
    if any(one.code is _ZONE_WIDE for one in site.statuses):
        return Step(alert)
    trouble = {one.id: str(one.code) for one in site.statuses if _is_ill(one, is_open_now=opened)}
    if not trouble:
        return _well_again(alert, at, opened=opened)
    if alert is None:
        alert = KeptAlert(0, site.name, at, trouble)
    alert = replace(alert, trouble=trouble)
    if opened and not alert.told and at - alert.opened >= PATIENCE_S and at >= alert.snoozed:
        return Step(alert, NoticeKind.TROUBLE)
    return Step(alert)


def _is_ill(status: TerminalStatus, *, is_open_now: bool) -> bool:
    return not status.green and (is_open_now or status.code not in _AT_NIGHT)


def _well_again(alert: KeptAlert | None, at: int, *, opened: bool) -> Step:
    if alert is None:
        return Step(None)
    if not opened and set(alert.trouble.values()) & set(_AT_NIGHT):
        # It was ill when the site closed; that it is dark now does not mean that it is well.
        return Step(alert)
    return Step(replace(alert, closed=at), NoticeKind.OVER if alert.told else None)


def by_site(statuses: Iterable[TerminalStatus]) -> Mapping[str, tuple[TerminalStatus, ...]]:
    """Return the terminals of each site."""
    found: dict[str, list[TerminalStatus]] = {}
    for one in statuses:
        found.setdefault(one.name, []).append(one)
    return {name: tuple(ones) for name, ones in found.items()}
