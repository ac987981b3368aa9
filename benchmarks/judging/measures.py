"""MRR and recall at ten, and the table of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.judging.sets import Asked

AT = 10


@dataclass(frozen=True, slots=True)
class Score:
    """What a system reached on one set."""

    mrr10: float
    recall10: float
    found10: float
    found3: float


def score(queries: Sequence[Asked], ranked: Sequence[Sequence[str]]) -> Score:
    """Return the mean over the queries."""
    mrr = recall = 0.0
    found = {3: 0, AT: 0}
    for asked, ids in zip(queries, ranked, strict=True):
        places = [at for at, one in enumerate(ids[:AT]) if one in asked.relevant]
        mrr += 1 / (places[0] + 1) if places else 0.0
        recall += len(places) / len(asked.relevant)
        found = {most: n + any(at < most for at in places) for most, n in found.items()}
    count = max(1, len(queries))
    return Score(
        round(mrr / count, 4),
        round(recall / count, 4),
        round(found[AT] / count, 4),
        round(found[3] / count, 4),
    )


def macro(scores: Mapping[str, Score]) -> float:
    """Return the mean MRR of the sets."""
    return round(sum(one.mrr10 for one in scores.values()) / max(1, len(scores)), 4)


def table(results: Mapping[str, Mapping[str, Score]]) -> str:
    """Return systems as rows, sets as columns: MRR@10/recall@10."""
    names = list(next(iter(results.values())))
    lines = [f"{'':24}" + "".join(f"{name:>14}" for name in names) + f"{'macro':>9}"]
    for system, scores in results.items():
        cells = "".join(f"{scores[n].mrr10:>8.3f}/{scores[n].recall10:.3f}" for n in names)
        lines.append(f"{system:24}{cells}{macro(scores):>9.4f}")
    return "\n".join(lines)
