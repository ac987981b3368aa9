"""How fast the search answers at 10,000 and 100,000 items (a million by --million), and in how much memory.

Items have real names of services with made-up places and sixty characters of text. Each size is measured in its
own process: suggestion, item search and question, first the product by words alone, then with both models; beside
tantivy and plain FTS5 over the same bigrams. The last line is JSON; limits stand beside what was reached.
"""

import argparse
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.judging.peers import Fts5, Tantivy, bigram_terms, query_bigrams
from benchmarks.judging.product import Product
from benchmarks.judging.sets import Asked, Doc, read_docs, read_queries
from content.replica.searching import Models
from content.replica.sentences import NAME, open_sentences
from content.search.learned import Learned
from content.search.vectors import to_code
from controller.learning.model import ModelMaker, Passage

DATA = Path("../shared/data/search")
GOLDEN = Path("tests/golden")
SEED = 7
LIMITS = {"question_p99_ms": 40.0, "suggestion_p99_ms": 5.0, "mb_with": 120.0, "mb_without": 20.0}
Answer = Callable[[str], object]


def main() -> int:
    """Measure each size and print the table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(_measure(options.measure)))
        return 0
    sizes = [int(size) for size in options.sizes.split(",")] + [1_000_000] * options.million
    found = {size: _in_own_process(size) for size in sizes}
    for size, one in found.items():
        for name, value in one.items():
            print(f"{size:>9} {name:32} {value}")
    at = found.get(100_000) or found[max(found)]
    reached = {
        "question_p99_ms": at["ours, both models, question"][1],
        "suggestion_p99_ms": at["ours, suggestion"][1],
        "mb_with": at["private MB with models"],
        "mb_without": at["private MB without"],
    }
    ratios = {size: _ratios(one) for size, one in found.items()}
    said = {"reached": reached, "limits": LIMITS, "p99_over_peers": ratios, "all": found}
    print(json.dumps({"benchmark": "search_latency", **said}))
    return 0


def _ratios(found: dict[str, list[float]]) -> dict[str, float]:
    """Return how many times a peer's 99th percentile ours is, in the same run."""
    return {
        f"{ours}, {kind} / {peer}": round(
            found[f"ours, {ours}, {kind}"][1] / max(0.01, found[f"{peer}, {kind}"][1]), 2
        )
        for ours in ("words only", "both models")
        for kind in ("item", "question")
        for peer in ("tantivy", "plain fts5")
    }


def _in_own_process(size: int) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "benchmarks.search_latency", "--measure", str(size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ)
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measure(size: int) -> dict[str, object]:
    docs = list(_docs(size))
    queries = _queries(docs)
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "replica.db"
        _fill(path, docs)
        found["index MB"] = round(path.stat().st_size / 1e6)
        peers: tuple[tuple[str, Callable[[], Answer]], ...] = (
            ("tantivy", lambda: _asker(Tantivy(docs))),
            ("plain fts5", lambda: _asker(Fts5(docs, tokens=bigram_terms, asks=query_bigrams))),
        )
        for name, make in peers:
            answer = make()
            for kind in ("item", "question"):
                found[f"{name}, {kind}"] = _timed(answer, queries[kind])
            del answer
            gc.collect()
        docs.clear()
        path.with_suffix(".queries").write_text(json.dumps(queries), "utf-8")
        command = [sys.executable, "-c", _OURS, str(path), str(size)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ)
        found |= json.loads(done.stdout.splitlines()[-1])
    return found


_OURS = "import sys; from benchmarks.search_latency import ours; ours(*sys.argv[1:])"


def ours(path: str, size: str) -> None:
    """Measure the product alone in this process, so that its memory is its own."""
    asked: dict[str, list[str]] = json.loads(Path(path).with_suffix(".queries").read_bytes())
    before = _private_mb()
    product = Product.opened(Path(path))
    found: dict[str, object] = {
        "ours, suggestion": _timed(product.suggest, asked["suggestion"]),
        **{f"ours, words only, {k}": _timed(product.one, asked[k]) for k in ("item", "question")},
    }
    found["private MB without"] = round(_private_mb() - before, 1)
    sentence = open_sentences(most_s=5.0)
    learned = Learned.from_bytes(Path(path).with_suffix(".model").read_bytes())
    product.use(Models(learned, sentence))
    for kind in ("item", "question"):
        found[f"ours, both models, {kind}"] = _timed(product.one, asked[kind])
    found["private MB with models"] = round(_private_mb() - before, 1)
    found["sentence model"] = sentence is not None
    found["items"] = int(size)
    print(json.dumps(found))


def _fill(path: Path, docs: Sequence[Doc]) -> None:
    maker = ModelMaker(
        [Passage("items", "", one.title, one.text) for one in docs[:20_000]], progress=print
    )
    model = maker.make([])
    path.with_suffix(".model").write_bytes(model.to_bytes())
    product = Product(path, docs)
    product.learn(model)
    # Real vectors of so many titles would take hours; drawn ones cost a search exactly the same.
    drawn = np.random.default_rng(SEED)
    product.put_codes(NAME, (to_code(drawn.standard_normal(384).astype(np.float32)) for _ in docs))
    product.close()
    # What the system still writes to the disk is not the search's time.
    os.sync()


def _docs(size: int) -> Iterator[Doc]:
    chance = random.Random(SEED)  # noqa: S311  # a fixed draw, not a secret
    names = item_names()
    places = ["青", "柳", "石", "河", "高", "新", "东", "南", "大", "小", "王", "李", "马", "龙"]
    kinds = ["村", "镇", "乡", "街道", "社区", "县"]
    letters = "".join(names)
    for at in range(size):
        place = "".join(chance.choices(places, k=2)) + chance.choice(kinds)
        start = chance.randrange(max(1, len(letters) - 60))
        yield Doc(f"I{at:07}", place + chance.choice(names), letters[start : start + 60], "item")


def item_names() -> list[str]:
    """Return names of real service items, where they are there."""
    real = DATA / "zwfw_items.jsonl.zst"
    if real.exists():
        return [doc.title for doc in read_docs(real)]
    return (GOLDEN / "search_titles.txt").read_text("utf-8").split()


def _queries(docs: Sequence[Doc]) -> dict[str, list[str]]:
    chance = random.Random(SEED)  # noqa: S311  # a fixed draw, not a secret
    titles = [chance.choice(docs).title for _ in range(300)]
    statute = DATA / "statute_qrels.jsonl.zst"
    real = read_queries(statute) if statute.exists() else ()
    golden = (GOLDEN / "search_questions.jsonl").read_text("utf-8").splitlines()
    questions = [asked.text for asked in real] or [json.loads(one)["question"] for one in golden]
    return {
        "suggestion": [title[: 1 + at % 6] for at, title in enumerate(titles)],
        "item": [title[3 : 3 + 4 + at % 8] for at, title in enumerate(titles)],
        "question": questions,
    }


def _asker(peer: Fts5 | Tantivy) -> Answer:
    return lambda text: peer.rank([Asked(text, frozenset())], 4)


def _timed(answer: Answer, queries: Sequence[str]) -> list[float]:
    """Return the median and the 99th percentile in milliseconds, after ten queries to warm up."""
    for text in queries[:10]:
        answer(text)
    taken = []
    for text in queries:
        begun = perf_counter()
        answer(text)
        taken.append((perf_counter() - begun) * 1000)
    return [round(statistics.median(taken), 2), round(statistics.quantiles(taken, n=100)[98], 2)]


def _private_mb() -> float:
    rollup = Path("/proc/self/smaps_rollup").read_text("utf-8")
    lines = [line.split() for line in rollup.splitlines() if line.startswith("Private_")]
    return sum(int(line[1]) for line in lines) / 1024


if __name__ == "__main__":
    sys.exit(main())
