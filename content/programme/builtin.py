"""What plays when nobody has made a programme, or when the programme cannot be used."""

from content.programme.programme import OpeningHours, Programme, Region, Source

BUILT_IN = "BUILTIN000"
"""Id of the default programme; no published record carries it."""

_FULL = 100
_LONGEST_ITEM_S = 600


def default_programme(region: str) -> Programme:
    """Return the default programme of a division: newest documents beside a list, always open."""
    return Programme(
        id=BUILT_IN,
        title="内置节目单",
        region=region,
        hours=(),
        regions=(
            Region("main", 0, 0, 64, 100, Source.NEWEST_DOCUMENTS),
            Region("side", 64, 0, 36, 100, Source.NOTICES, item_seconds=24, count=16),
        ),
    )


def faults_of(programme: Programme) -> tuple[str, ...]:
    """Return what makes a programme unusable; the empty tuple if nothing does."""
    named = [region.name for region in programme.regions]
    found = [fault for region in programme.regions for fault in _region_faults(region)]
    found += [fault for rule in programme.hours for fault in _hours_faults(rule)]
    found += [
        f"overlap:{one.name}:{other.name}"
        for at, one in enumerate(programme.regions)
        for other in programme.regions[at + 1 :]
        if _overlap(one, other)
    ]
    if not named:
        found.append("no_regions")
    if len(set(named)) < len(named):
        found.append("region_named_twice")
    return tuple(found)


def _region_faults(region: Region) -> list[str]:
    inside = (
        region.left >= 0
        and region.top >= 0
        and region.width > 0
        and region.height > 0
        and region.left + region.width <= _FULL
        and region.top + region.height <= _FULL
    )
    found = [] if inside else [f"off_screen:{region.name}"]
    if not 0 < region.item_seconds <= _LONGEST_ITEM_S:
        found.append(f"item_seconds:{region.name}")
    if region.count < 1:
        found.append(f"count:{region.name}")
    return found


def _hours_faults(rule: OpeningHours) -> list[str]:
    known = range(1, 8)
    if not rule.weekdays or any(day not in known for day in rule.weekdays):
        return ["weekdays"]
    return ["zoned_time"] if rule.opens.tzinfo or rule.closes.tzinfo else []


def _overlap(one: Region, other: Region) -> bool:
    return (
        one.left < other.left + other.width
        and other.left < one.left + one.width
        and one.top < other.top + other.height
        and other.top < one.top + one.height
    )
