"""Decides whether a model that was learned in the night is published: only if no judged set falls. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

SLACK = 1e-6
"""For rounding alone: a set that falls by one place of one question falls by far more."""
AT = 10


class Outcome(StrEnum):
    """What became of a night."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    """No judged set gains: what is in use stays."""
    REFUSED = "refused"
    """A judged set would fall."""
    TOO_LITTLE = "too_little"
    """Too few texts to learn from, or no judged set to compare on."""
    FAILED = "failed"
    """The child ran out of time or memory, or broke off."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query and the records that are right for it."""

    text: str
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Mean reciprocal rank within ten, of so many questions."""

    mrr: float
    count: int


def score(questions: Sequence[Question], ranked: Sequence[Sequence[str]]) -> Score:
    """Return the score of rankings of questions, each the first ids of its list."""
    total = 0.0
    for question, ids in zip(questions, ranked, strict=True):
        places = [at for at, one in enumerate(ids[:AT], 1) if one in question.right]
        total += 1 / places[0] if places else 0.0
    return Score(round(total / max(1, len(questions)), 6), len(questions))


def verdict(before: Mapping[str, Score], after: Mapping[str, Score]) -> Outcome:
    """Return what is to become of a model.

    Args:
        before: judged set -> score with what is published.
        after: the same sets with the new model; a set that is missing counts as fallen.
    """
    asked = {name: one for name, one in before.items() if one.count}
    if not asked:
        return Outcome.TOO_LITTLE
    gains = [after[name].mrr - one.mrr if name in after else -1.0 for name, one in asked.items()]
    if min(gains) < -SLACK:
        return Outcome.REFUSED
    return Outcome.PUBLISHED if max(gains) > SLACK else Outcome.UNCHANGED
