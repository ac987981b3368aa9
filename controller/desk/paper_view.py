"""A printer's paper as the desk shows it: what is left, and what a keeper has to do next."""

from dataclasses import dataclass

from devices.wire.messages import Paper, PrintedDay

SOON_DAYS = 7
"""A village is not visited every day: a roll must be on its way a week before the end."""
LOW_MM = 3_000


@dataclass(frozen=True, slots=True)
class PaperView:
    """`key` is the word of the standing; `key`.next says what to do, `key`.tag says it in two words."""

    key: str
    tone: str
    icon: str
    metres: str
    days_left: int | None
    days: tuple[PrintedDay, ...]


_TONES = {
    "out": ("bad", "circle-alert"),
    "today": ("bad", "circle-alert"),
    "soon": ("warn", "triangle-alert"),
    "low": ("warn", "triangle-alert"),
    "enough": ("good", "circle-check"),
    "unknown": ("good", "circle-check"),
}


def paper_view(paper: Paper | None) -> PaperView | None:
    """Return what to show; None where the terminal has not told of its paper."""
    if paper is None:
        return None
    standing = _standing(paper)
    tone, icon = _TONES[standing]
    return PaperView(
        key=f"paper.{standing}",
        tone=tone,
        icon=icon,
        metres=f"{paper.left_mm / 1000:.1f}",
        days_left=paper.days_left,
        days=paper.days,
    )


def _standing(paper: Paper) -> str:
    if paper.left_mm <= 0:
        return "out"
    if paper.days_left is None:
        return "low" if paper.left_mm < LOW_MM else "unknown"
    if paper.days_left < 1:
        return "today"
    return "soon" if paper.days_left <= SOON_DAYS else "enough"
