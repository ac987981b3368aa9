"""Decide what a birth or a last will says about a terminal's link. Pure.

A broker sends a will late: after a half-open link was noticed, often after the terminal is back (wire.md 9.1).
Both carry (boot, connection), so an old will is known by its number and says nothing (wire.md 9.2).
"""

from controller.store.terminals import Presence
from devices.wire.messages import DeviceState, StateMessage

MAX_PAST = 8
"""Earlier boots that are remembered."""


_RANK = {
    DeviceState.INIT: 0,
    DeviceState.READY: 1,
    DeviceState.SLEEPING: 2,
    DeviceState.LOST: 2,
}
"""Within one connection words only go forward; one that goes back was overtaken on its way."""


def is_present(state: DeviceState) -> bool:
    """Say whether a terminal in this state has a link. One that sleeps has said goodbye."""
    return state in {DeviceState.INIT, DeviceState.READY}


def after(known: Presence | None, said: StateMessage, *, now: int) -> Presence | None:
    """Return what holds after a message; None if the message is late and says nothing.

    `since` moves only when the link comes or goes, or when the terminal has started anew.
    """
    if known is None:
        return Presence(said.s, said.boot, said.connection, now)
    if said.boot != known.boot:
        return _other_boot(known, said, now=now)
    if said.connection < known.connection:
        return None
    if said.connection == known.connection and _RANK[said.s] < _RANK[known.state]:
        return None
    stays = said.connection == known.connection and is_present(said.s) == is_present(known.state)
    since = known.since if stays else now
    return Presence(said.s, said.boot, said.connection, since, known.past)


def _other_boot(known: Presence, said: StateMessage, *, now: int) -> Presence | None:
    # The will of a boot that is over, or of one whose birth was never heard: the one that is known goes on.
    if said.boot in known.past or said.s is DeviceState.LOST:
        return None
    past = (known.boot, *known.past)[:MAX_PAST]
    return Presence(said.s, said.boot, said.connection, now, past)
