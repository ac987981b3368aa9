"""Make the files for searching by meaning.

    python -m controller.learning model --passages FILE … [--answers FILE …] --out search-model.bin
    python -m controller.learning vectors --replica replica.db --out vectors.bin
    python -m controller.learning night --folder FOLDER     (started by the controller each night)

Passages are JSON lines with id, title, text and, if there is one, category; answers have question and relevant
(ids of passages). Files may be compressed (.zst). `vectors` makes what a replica lacks, titles of service items
first, says how far it is, and packs it to be shipped.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from backports import zstd

from content.replica.meaning import MeaningMaker
from content.replica.sentences import NAME, open_models
from controller.learning.model import Answered, ModelMaker, Passage
from controller.learning.night import run

STEP = 64
MAKING_S = 5.0


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m controller.learning")
    commands = parser.add_subparsers(dest="command", required=True)
    model = commands.add_parser("model", help="learn vectors and priors from texts and answers")
    model.add_argument("--passages", type=Path, nargs="+", required=True)
    model.add_argument("--answers", type=Path, nargs="*", default=[])
    model.add_argument("--out", type=Path, required=True)
    vectors = commands.add_parser("vectors", help="make and pack the vectors of a replica")
    vectors.add_argument("--replica", type=Path, required=True)
    vectors.add_argument("--out", type=Path, required=True)
    night = commands.add_parser("night", help="a night's work in one folder, within its limits")
    night.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    if options.command == "night":
        run(options.folder)
        return 0
    if options.command == "model":
        return _make_model(options.passages, options.answers, options.out)
    return _make_vectors(options.replica, options.out)


def _make_model(passages: Iterable[Path], answers: Iterable[Path], out: Path) -> int:
    places: dict[str, int] = {}
    texts: list[Passage] = []
    for file in passages:
        for row in _rows(file):
            name = str(row.get("id") or row["docid"])
            title = row.get("title") or row.get("name") or row["text"].split(maxsplit=1)[0]
            places.setdefault(name, len(texts))
            texts.append(
                Passage(file.name, str(row.get("category", "")), title, row.get("text", ""))
            )
    answered = [
        Answered(row["question"], frozenset(places[one] for one in _answers(row) if one in places))
        for file in answers
        for row in _rows(file)
    ]
    model = ModelMaker(texts, progress=_say).make([one for one in answered if one.answers])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(model.to_bytes())
    _say(f"{out}: {model.name}, {out.stat().st_size / 1e6:.1f} MB")
    return 0


def _make_vectors(replica: Path, out: Path) -> int:
    models = open_models(replica.parent, most_s=MAKING_S)
    maker = MeaningMaker(replica, models)
    try:
        while maker.step(STEP):
            _say("{} of {}".format(*maker.progress()))
        if models.sentence is None:
            _say("the sentence model cannot run on this machine: nothing is packed")
            return 1
        out.write_bytes(maker.pack(NAME))
    finally:
        maker.close()
    return 0


def _rows(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    text = (zstd.decompress(data) if path.suffix == ".zst" else data).decode()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _answers(row: dict[str, Any]) -> list[str]:
    return row.get("relevant") or [row["docid"]]


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
