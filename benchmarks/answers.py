"""智能问答 on judged questions: how often the quotation answers, how often 没有找到 is said where nothing is.

    python -m benchmarks.answers [--data FOLDER] [--questions N] [--seed N]

The data are questions with the document that answers (ncp_questions), questions whose document is absent
(ncp_questions_absent) and the documents (ncp_policies). The thresholds are looked for on one half of the questions and
reported on the other, beside those that the product ships. The last line is one JSON object.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from backports import zstd

from content.answers.answer import LEAST, SURE, Answers, Certainty, answer
from content.codes import code_from
from content.disclosure.classes import DisclosureClass
from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.replica.curated_reader import CuratedReader
from content.replica.writer import ReplicaWriter
from content.search.analyse import bigrams
from tests.support.signers import ZoneKeys

SHARED = Path(__file__).parents[2] / "shared/data/search"
REGION = "519900"
HELD = 0.7
"""Share of the judged answer's bigrams that a quotation must hold to be counted as answering in substance."""
FALSE_ANSWERS = 0.2
"""Share of absent questions that may be answered on the half where the threshold is looked for."""


@dataclass(frozen=True)
class Judged:
    """One question and what became of it; `document` and `expected` are "" where no document answers."""

    question: str
    document: str
    expected: str
    answers: Answers
    seconds: float

    @property
    def confidence(self) -> float:
        """How sure the first quotation is."""
        return max((one.confidence for one in self.answers.quoted), default=0.0)

    @property
    def is_answered(self) -> bool:
        """Whether anything is quoted."""
        return self.answers.certainty is not Certainty.NOT_FOUND

    def is_from_document(self) -> bool:
        """Whether a quotation stands in the judged document."""
        return any(one.record == self.document for one in self.answers.quoted)

    def holds(self, share: float) -> bool:
        """Whether a quotation holds that share of the judged answer."""
        return any(_share(one.quote, self.expected) >= share for one in self.answers.quoted)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--questions", type=int, default=0, help="of each kind; 0 = all")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reader = _replica(Path(folder) / "replica.db", _read(given.data / "ncp_policies.jsonl.zst"))
        present = _sample(_read(given.data / "ncp_questions.jsonl.zst"), given)
        absent = _sample(_read(given.data / "ncp_questions_absent.jsonl.zst"), given)
        judged = [_judge(reader, row) for row in (*present, *absent)]
        reader.close()
    print(json.dumps(_report(judged, random.Random(given.seed)), ensure_ascii=False))  # noqa: S311 - halves


def _report(judged: Sequence[Judged], chance: random.Random) -> dict[str, Any]:
    halves: tuple[list[Judged], list[Judged]] = ([], [])
    for one in judged:
        halves[chance.random() < 0.5].append(one)
    chosen = _threshold([one.confidence for one in halves[0] if not one.document])
    return {
        "benchmark": "answers",
        "shipped": {"least": LEAST, "sure": SURE, **_figures(halves[1], LEAST)},
        "chosen_on_other_half": {"least": round(chosen, 2), **_figures(halves[1], chosen)},
        "seconds_p50": round(statistics.median(one.seconds for one in judged), 4),
        "seconds_p99": round(sorted(one.seconds for one in judged)[int(len(judged) * 0.99)], 4),
        "invented": sum(not _is_verbatim(one) for one in judged),
    }


def _figures(judged: Sequence[Judged], least: float) -> dict[str, float | int]:
    present = [one for one in judged if one.document]
    absent = [one for one in judged if not one.document]
    answered = [one for one in present if one.confidence >= least]
    return {
        "questions": len(present),
        "absent": len(absent),
        "answered": _rate(len(answered), len(present)),
        "quote_holds_answer": _rate(sum(one.holds(1.0) for one in answered), len(present)),
        "quote_holds_in_substance": _rate(sum(one.holds(HELD) for one in answered), len(present)),
        "from_judged_document": _rate(
            sum(one.is_from_document() for one in answered), len(present)
        ),
        "right_document_of_answered": _rate(
            sum(one.is_from_document() for one in answered), len(answered)
        ),
        "honest_not_found": _rate(sum(one.confidence < least for one in absent), len(absent)),
    }


def _threshold(absent: Sequence[float]) -> float:
    return sorted(absent)[int(len(absent) * (1 - FALSE_ANSWERS))]


_TEXTS: dict[str, str] = {}


def _is_verbatim(one: Judged) -> bool:
    return all(quoted.quote in _TEXTS[quoted.record] for quoted in one.answers.quoted)


def _judge(reader: CuratedReader, row: dict[str, Any]) -> Judged:
    begun = time.perf_counter()
    found = reader.documents_for(row["question"])
    answers = answer(row["question"], found, rarity=reader.rarity, least=0.0)
    seconds = time.perf_counter() - begun
    document = code_from(row["docid"]) if "docid" in row else ""
    return Judged(row["question"], document, row.get("answer", ""), answers, seconds)


def _replica(path: Path, rows: Sequence[dict[str, Any]]) -> CuratedReader:
    keys = ZoneKeys()
    writer = ReplicaWriter(path, keys.trust_root)
    writer.accept_policy(keys.policy().to_bytes())
    lines = []
    for row in rows:
        record = _record(row)
        _TEXTS[record.id] = record.text
        lines.append(keys.publish(record))
    writer.apply("gov/519900", lines, now=1_795_000_000)
    writer.close()
    return CuratedReader(path, keys.trust_root, region=REGION)


def _record(row: dict[str, Any]) -> DisclosureRecord:
    title, _, body = row["text"].partition(" ")
    return DisclosureRecord(
        id=code_from(row["docid"]),
        title=title,
        document_number="",
        issuing_body="",
        written_on=None,
        published_on=date(2026, 1, 1),
        disclosure_class=DisclosureClass.PROACTIVE,
        region=REGION,
        domain="",
        blocks=(Block(BlockKind.PARAGRAPH, body or title),),
    )


def _share(quote: str, expected: str) -> float:
    flat, wanted = "".join(quote.split()), "".join(expected.split())
    if wanted in flat:
        return 1.0
    terms = bigrams(wanted)
    return min(0.99, sum(term in flat for term in terms) / len(terms)) if terms else 0.0


def _sample(rows: list[dict[str, Any]], given: argparse.Namespace) -> list[dict[str, Any]]:
    random.Random(given.seed).shuffle(rows)  # noqa: S311 - a sample
    return rows[: given.questions or len(rows)]


def _read(path: Path) -> list[dict[str, Any]]:
    return list(_lines(path))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in zstd.decompress(path.read_bytes()).decode().splitlines():
        yield json.loads(line)


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


if __name__ == "__main__":
    main()
