"""Lay the terminals of a rollout out in waves: named ones first, then shares or regions. Pure."""

import hashlib
from collections.abc import Collection, Sequence

from content.errors import CallerError
from controller.services.rollout_rules import WHOLE
from controller.store.rollouts import Member
from controller.store.terminals import Terminal

MOST_WAVES = 12


def by_share(
    terminals: Sequence[Terminal], *, first: Collection[str], percents: Sequence[int]
) -> tuple[Member, ...]:
    """Return waves: the named ones, then up to each percentage of all. The same zone gives the same waves.

    Raises:
        CallerError: a named one is not there, or percentages do not rise to at most 100.
    """
    _check(terminals, first)
    rising = list(percents) == sorted(set(percents))
    if not percents or not rising or percents[0] < 1 or percents[-1] > WHOLE:
        raise CallerError("各批比例应从小到大，在 1 到 100 之间，例如 10, 50, 100。")
    if len(percents) > MOST_WAVES:
        raise CallerError(f"最多分 {MOST_WAVES} 批，请减少批次。")
    rest = sorted((one.id for one in terminals if one.id not in first), key=_lot)
    waves: list[list[str]] = [sorted(first)] if first else []
    taken = 0
    for percent in percents:
        until = -(-len(rest) * percent // WHOLE)
        if until > taken:
            waves.append(rest[taken:until])
        taken = max(taken, until)
    return _members(waves)


def by_region(
    terminals: Sequence[Terminal], *, first: Collection[str], regions: Sequence[str]
) -> tuple[Member, ...]:
    """Return waves: the named ones, then region after region in this order; a region has all below it.

    Raises:
        CallerError: a named one is not there, or no region was named.
    """
    _check(terminals, first)
    if not regions or len(regions) > MOST_WAVES:
        raise CallerError(f"请填写 1 到 {MOST_WAVES} 个区划代码，按下发的先后排列。")
    waves: list[list[str]] = [sorted(first)] if first else []
    taken = set(first)
    for region in regions:
        here = sorted(one.id for one in terminals if one.region.startswith(region))
        fresh = [one for one in here if one not in taken]
        if fresh:
            waves.append(fresh)
        taken.update(fresh)
    return _members(waves)


def _members(waves: Sequence[Sequence[str]]) -> tuple[Member, ...]:
    members = tuple(Member(device, wave) for wave, ones in enumerate(waves) for device in ones)
    if not members:
        raise CallerError("所选范围内没有终端，请重新选择。")
    return members


def _check(terminals: Sequence[Terminal], first: Collection[str]) -> None:
    missing = sorted(set(first) - {one.id for one in terminals})
    if missing:
        raise CallerError(f"所选范围内没有终端“{missing[0]}”，请核对首批终端的编号。")


def _lot(device: str) -> str:
    """Return where a terminal stands in line: by no order that a site or a region shares."""
    return hashlib.blake2b(device.encode(), digest_size=8).hexdigest()
