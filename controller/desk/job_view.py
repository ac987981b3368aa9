"""Jobs as the desk shows them: how far each has come, in words, and what can be done about it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from controller.desk.texts import Texts
from controller.services.job_kinds import MEDIA
from controller.store.jobs import KeptJob
from controller.store.terminals import Terminal
from devices.wire.jobs import JobKind, JobState

KIND_ICONS = {
    JobKind.SCREENSHOT: "camera",
    JobKind.RESTART_UI: "refresh-cw",
    JobKind.PRINTER_TEST: "printer",
    JobKind.LOG_BUNDLE: "file-down",
    JobKind.VOLUME: "volume-2",
    JobKind.BRIGHTNESS: "sun",
    JobKind.SCREEN_POWER: "monitor-off",
    JobKind.REBOOT: "power",
}
STATE_TONES = {
    JobState.WAITING: ("", "hourglass"),
    JobState.ACCEPTED: ("blue", "loader"),
    JobState.RUNNING: ("blue", "loader"),
    JobState.DONE: ("good", "circle-check"),
    JobState.FAILED: ("bad", "circle-alert"),
    JobState.REJECTED: ("warn", "ban"),
    JobState.EXPIRED: ("warn", "clock"),
    JobState.CANCELLED: ("", "undo-2"),
}
Say = Callable[..., str]


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job; `why` is "" where there is nothing to explain.

    Attributes:
        job: as it is kept.
        place: what people call its terminal.
        glyph, tone, state_glyph: icon of the kind, tone and icon of the state.
        what, why: in words.
        may_withdraw: it has not been taken.
        brings: "image/png" or "text/plain" if something can be looked at, else "".
    """

    job: KeptJob
    place: str
    glyph: str
    tone: str
    state_glyph: str
    what: str
    why: str
    may_withdraw: bool
    brings: str


def job_rows(
    jobs: Iterable[KeptJob], terminals: Mapping[str, Terminal], *, say: Say, known: frozenset[str]
) -> tuple[JobRow, ...]:
    """Return rows in the same order; `known` are the keys that have words."""
    return tuple(_row(job, terminals.get(job.device), say=say, known=known) for job in jobs)


def screen_name(ui: str, *, say: Say) -> str:
    """Return what people call a user interface."""
    if ui == "kiosk":
        return say("terminals.kiosk")
    return say("terminals.screen", n=ui.removeprefix("signage-"))


def _row(job: KeptJob, terminal: Terminal | None, *, say: Say, known: frozenset[str]) -> JobRow:
    tone, state_glyph = STATE_TONES[job.state]
    return JobRow(
        job=job,
        place=(terminal.site if terminal else "") or job.device,
        glyph=KIND_ICONS[job.kind],
        tone=tone,
        state_glyph=state_glyph,
        what=_what(job, say=say),
        why=_why(job, say=say, known=known),
        may_withdraw=job.state is JobState.WAITING,
        brings=MEDIA.get(job.kind, "") if job.result else "",
    )


def _what(job: KeptJob, *, say: Say) -> str:
    pieces = [say(f"jobs.kind.{job.kind}")]
    if "ui" in job.args:
        pieces.append(screen_name(job.args["ui"], say=say))
    if "percent" in job.args:
        pieces.append(f"{job.args['percent']}%")
    if "power" in job.args:
        pieces.append(say(f"jobs.power.{job.args['power']}"))
    return " · ".join(pieces)


def _why(job: KeptJob, *, say: Say, known: frozenset[str]) -> str:
    """Return why a job came to nothing and what to do; the word itself where a newer terminal has a new one."""
    if job.state is JobState.EXPIRED:
        return say("jobs.why.nobody" if not job.ver else "jobs.why.never_ended")
    if job.state not in {JobState.FAILED, JobState.REJECTED}:
        return ""
    printer = f"jobs.why.printer.{job.why}"
    key = (
        printer if job.kind is JobKind.PRINTER_TEST and printer in known else f"jobs.why.{job.why}"
    )
    return say(key) if key in known else say("jobs.why.other", why=job.why or "-")


def say_in(words: Texts, language: str) -> Say:
    """Return who says a key in a language."""

    def say(key: str, **values: object) -> str:
        return words.say(language, key, values)

    return say
