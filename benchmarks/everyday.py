"""Everyday questions and names on 80 official titles: those seen while tuning, and those written after it.

    python -m benchmarks.everyday [--lexical]

The honest figure is that of the unseen ones; nothing is ever to be tuned on them. The last line is JSON: set ->
share among the first three and MRR@10, by words alone and with the sentence model. Limit: 0.90 among three.
"""

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.judging.measures import score
from benchmarks.judging.product import Product
from benchmarks.judging.sets import JudgedSet, golden, unseen
from content.replica.searching import Models
from content.replica.sentences import open_sentences

GOLDEN = Path("tests/golden")
LIMIT = 0.90
MAKING_S = 5.0


def main() -> int:
    """Judge and print."""
    parser = argparse.ArgumentParser(description="everyday questions and names")
    parser.add_argument("--lexical", action="store_true", help="without the sentence model")
    options = parser.parse_args()
    docs, seen = golden(GOLDEN)
    sets = [*seen, *unseen(GOLDEN)]
    results: dict[str, object] = {"limit_found3": LIMIT}
    with TemporaryDirectory() as folder:
        product = Product(Path(folder) / "replica.db", docs)
        results["words"] = _judged(product, sets)
        sentence = None if options.lexical else open_sentences(most_s=MAKING_S)
        if sentence is not None:
            product.read_titles(sentence, Path(folder) / "titles.npz")
            product.use(Models(None, sentence))
            results["meaning"] = _judged(product, sets)
        product.close()
    sys.stdout.write(json.dumps(results, ensure_ascii=False) + "\n")
    return 0


def _judged(product: Product, sets: list[JudgedSet]) -> dict[str, dict[str, float]]:
    found = {}
    for one in sets:
        reached = score(one.queries, product.rank(one.queries))
        found[one.name] = {"found3": reached.found3, "mrr10": reached.mrr10}
        sys.stdout.write(f"{one.name:28}{reached.found3:8.3f}{reached.mrr10:8.3f}\n")
    return found


if __name__ == "__main__":
    sys.exit(main())
