"""Every text that a running app holds: what a wipe must have taken from it."""

from collections.abc import Iterator
from typing import Any

MOST_THINGS = 400_000
OURS = {"kiosk", "signage", "devices", "content", "kivy"}


def held_texts(top: Any) -> Iterator[str]:
    """Yield each string that can be reached through our own objects, widgets and containers."""
    known: set[int] = set()
    waiting = [top]
    while waiting and len(known) < MOST_THINGS:
        thing = waiting.pop()
        if isinstance(thing, str):
            yield thing
            continue
        if id(thing) in known:
            continue
        known.add(id(thing))
        waiting += _parts(thing)


def _parts(thing: Any) -> list[Any]:
    if isinstance(thing, dict):
        return [*thing.keys(), *thing.values()]
    if isinstance(thing, list | tuple | set | frozenset):
        return list(thing)
    if type(thing).__module__.partition(".")[0] not in OURS:
        return []
    parts = list(getattr(thing, "__dict__", {}).values())
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names = (slots,) if isinstance(slots, str) else slots
        parts += [getattr(thing, name, None) for name in names]
    children = getattr(thing, "children", [])
    parts += children if isinstance(children, list) else []
    parts += [getattr(thing, name, None) for name in ("text", "body", "a11y_label")]
    return [part for part in parts if part is not None]
