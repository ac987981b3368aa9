"""Decide what follows from what terminals said, many at a time and each in its order. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from controller.services.presence import after, is_present
from controller.store.terminal_batches import Changes, Kept
from controller.store.terminals import (
    Happening,
    HistoryLine,
    KeptFault,
    KeptReport,
    Presence,
)
from devices.wire.messages import Fault, Report, StateMessage

MAX_FAULTS = 100
"""Open faults kept of one terminal; a terminal gone mad must not fill the store."""


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that a terminal said.

    Attributes:
        device: who.
        said: a birth or will, a report, or what it says of its hardware and software (JSON).
        is_old: the broker had kept it: it proves no sign of life, so a report that is known keeps the
            moment at which it first came.
        via: the link that brought it.
    """

    device: str
    said: StateMessage | Report | bytes
    is_old: bool = False
    via: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be written, who was heard over which link, and who has changed for those that look.

    `late` are states (device, word) of connections that are over.
    """

    changes: Changes = field(default_factory=Changes)
    heard: dict[str, str] = field(default_factory=dict)
    changed: dict[str, None] = field(default_factory=dict)
    late: list[tuple[str, str]] = field(default_factory=list)


def hear(
    words: Iterable[Word], *, kept: Kept, now: int, links: Mapping[str, int] | None = None
) -> Outcome:
    """Return what follows; who is not enrolled says nothing. `links`: the second since which each link is up."""
    listener = _Listener(kept, now, links or {})
    for word in words:
        if word.device in kept.enrolled:
            listener.take(word)
    return listener.outcome()


@dataclass(slots=True)
class _Open:
    """A fault that is there now: whether the store knows it, and whether it must be told."""

    fault: KeptFault
    is_new: bool
    is_touched: bool = False


class _Listener:
    """Holds how things stand while the words are gone through."""

    def __init__(self, kept: Kept, now: int, links: Mapping[str, int]) -> None:
        self._now = now
        self._links = links
        self._presences = dict(kept.presences)
        self._reports = dict(kept.reports)
        self._open = {
            device: {(one.code, one.subject): _Open(one, is_new=False) for one in faults}
            for device, faults in kept.faults.items()
        }
        self._outcome = Outcome()
        self._changes = self._outcome.changes

    def take(self, word: Word) -> None:
        """Serve one word."""
        match word.said:
            case StateMessage():
                self._state(word.device, word.said, via=word.via)
            case Report():
                self._report(word.device, word.said, is_old=word.is_old)
                if not word.is_old:
                    self._lives(word.device, via=word.via)
            case bytes():
                self._changes.infos[word.device] = (word.said, self._now)

    def outcome(self) -> Outcome:
        """Return what follows from all."""
        for faults in self._open.values():
            for one in faults.values():
                if one.is_new:
                    self._changes.begun.append(one.fault)
                elif one.is_touched:
                    self._changes.moved.append(one.fault)
        return self._outcome

    def _state(self, device: str, said: StateMessage, *, via: str) -> None:
        known = self._presences.get(device)
        fresh = after(known, said, now=self._now)
        if fresh is None:
            self._outcome.late.append((device, str(said.s)))
            return
        fresh = replace(fresh, heard=self._now, via=via)
        if fresh != known:
            self._presences[device] = self._changes.presences[device] = fresh
        what = _came_or_went(known, fresh)
        if what:
            self._add_history(device, what, str(said.s))
        self._outcome.heard[device] = via
        self._outcome.changed[device] = None

    def _report(self, device: str, report: Report, *, is_old: bool) -> None:
        before = self._reports.get(device)
        if before and before.report == report and is_old:
            return
        received = report.at if is_old and 0 < report.at < self._now else self._now
        self._reports[device] = self._changes.reports[device] = KeptReport(report, received)
        self._settle_faults(device, report)
        self._outcome.changed[device] = None

    def _lives(self, device: str, *, via: str) -> None:
        """Take a live report as proof of a link that no birth was heard over: it stood while ours was dialled anew.

        Who is known to have gone stays so until its next birth: a report may be overtaken by a will.
        """
        known = self._presences.get(device)
        if known is None or not is_present(known.state) or via not in self._links:
            return
        self._outcome.heard[device] = via
        if known.heard < self._links[via] or known.via != via:
            fresh = replace(known, heard=self._now, via=via)
            self._presences[device] = self._changes.presences[device] = fresh

    def _settle_faults(self, device: str, report: Report) -> None:
        """Open what is new, go on with what stays, clear what is no longer reported."""
        said: dict[tuple[str, str], Fault] = {
            (one.code, one.subject): one for one in report.faults[:MAX_FAULTS]
        }
        held = self._open.setdefault(device, {})
        for key, one in tuple(held.items()):
            still = said.pop(key, None)
            if still is None:
                self._close(device, held.pop(key))
                continue
            one.fault = replace(one.fault, last_seen=self._now, text=still.text)
            one.is_touched = True
        for key, fault in said.items():
            begun = KeptFault(device, *key, fault.text, self._now, self._now)
            held[key] = _Open(begun, is_new=True)
            self._add_history(device, Happening.FAULT, f"{fault.code} {fault.subject}")

    def _close(self, device: str, one: _Open) -> None:
        closed = replace(one.fault, cleared=self._now)
        (self._changes.begun if one.is_new else self._changes.moved).append(closed)
        self._add_history(device, Happening.CLEARED, f"{closed.code} {closed.subject}")

    def _add_history(self, device: str, what: Happening, detail: str) -> None:
        self._changes.history.append(HistoryLine(device, self._now, what, detail))


def _came_or_went(known: Presence | None, fresh: Presence) -> Happening | None:
    was, is_ = known is not None and is_present(known.state), is_present(fresh.state)
    if was == is_:
        return None
    return Happening.ONLINE if is_ else Happening.LOST
