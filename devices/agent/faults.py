"""What is wrong at the terminal now. A loss is logged once, its return once (style.md rule 21)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from devices.clock import Clock
from devices.wire.messages import Fault

logger = logging.getLogger(__name__)

MOST_FAULTS = 8
"""A report stays under 4 KiB (wire.md 9.2); the newest count."""


@dataclass(slots=True)
class _Noted:
    fault: Fault
    scope: str
    ends: int = 0


class FaultBook:
    """Faults by (code, subject). `scope` names what clears them: a feed, a part."""

    def __init__(self, *, clock: Clock, on_change: Callable[[], None]) -> None:
        self.clock = clock
        self._noted: dict[tuple[str, str], _Noted] = {}
        self._on_change = on_change

    def note(self, code: str, subject: str, text: str, *, scope: str = "") -> None:
        """Note a fault; one that is already noted keeps its first time."""
        held = self._noted.get((code, subject))
        if held is not None and held.fault.text == text:
            held.ends = 0
            return
        fault = Fault(code, subject, text, held.fault.since if held else self.now())
        self._noted[code, subject] = _Noted(fault, scope)
        logger.warning("fault", extra={"code": code, "subject": subject, "sentence": text})
        self._on_change()

    def clear(self, code: str, subject: str) -> None:
        """Forget a fault, if it is noted."""
        if self._noted.pop((code, subject), None) is not None:
            logger.info("fault over", extra={"code": code, "subject": subject})
            self._on_change()

    def clear_scope(self, scope: str, *, but: tuple[str, str] | None = None) -> None:
        """Forget all faults of a scope, but for one."""
        for place in [key for key, one in self._noted.items() if one.scope == scope and key != but]:
            self.clear(*place)

    def end_scope(self, scope: str, *, after_s: int) -> None:
        """Let all faults of a scope end in a while: what was mended is still to be seen by staff."""
        for one in self._noted.values():
            if one.scope == scope:
                one.ends = self.now() + after_s

    def expire(self) -> None:
        """Forget what ended."""
        now = self.now()
        for place in [key for key, one in self._noted.items() if 0 < one.ends <= now]:
            self.clear(*place)

    def has(self, code: str, subject: str) -> bool:
        """Say whether this fault is noted."""
        return (code, subject) in self._noted

    def all(self) -> tuple[Fault, ...]:
        """Return the newest faults, oldest first."""
        faults = sorted((one.fault for one in self._noted.values()), key=lambda one: one.since)
        return tuple(faults[-MOST_FAULTS:])

    def now(self) -> int:
        """Return the unix second by which faults are dated."""
        return int(self.clock.now().timestamp())
