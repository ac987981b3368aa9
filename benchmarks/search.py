"""Judge the search: MRR@10 and recall@10 on real questions and known-item searches, beside other engines.

    python -m benchmarks.search                                 the sets of ../shared/data/search
    python -m benchmarks.search --articles FILE --qrels FILE    any articles and questions of the same form
    python -m benchmarks.search --docs FILE --qrels FILE        any documents; with names, known items too

Learned parts are cross-fitted: each quarter of the questions is judged by a model of the other three.
For given files the model learns from all of data/search except the questions that are judged.
The last line is JSON; its ratio is to the best peer of the same run.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.judging.learning import FOLDS, Teacher, fold_of
from benchmarks.judging.measures import Score, macro, score, table
from benchmarks.judging.peers import MAKERS, has_xapian
from benchmarks.judging.product import Product
from benchmarks.judging.sets import (
    Doc,
    JudgedSet,
    all_docs,
    golden,
    known_items,
    read_docs,
    read_queries,
    thinned,
    typed_items,
)
from content.replica.searching import Models, SentenceEncoder
from content.replica.sentences import open_sentences
from content.search.learned import Learned

DATA = Path("../shared/data/search")
CACHE = Path("build/search")
GOLDEN = Path("tests/golden")
OURS = "disclosure zone"

Results = dict[str, Score]


def main() -> int:
    """Run all and print the table and the JSON line."""
    options = _options()
    corpora, sets = _material(options)
    sets = thinned(sets, options.most)
    sentence = None if options.lexical else open_sentences(most_s=5.0)
    ours, plain = _judge_product(corpora, sets, options, sentence)
    peers = {} if options.no_peers else _judge_peers(corpora, sets)
    results = {OURS: ours, f"{OURS}, words only": plain, **peers}
    print(table(results))
    summary = _summary(ours, plain, peers, sets)
    if not (options.articles or options.docs or options.sets):
        summary |= _as_typed(corpora["docs"], options.most, sentence)
    print(json.dumps(summary, ensure_ascii=False))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--qrels", type=Path)
    parser.add_argument("--most", type=int, default=0, help="queries a set, 0 for all")
    parser.add_argument("--sets", default="", help="only these sets, separated by commas")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--lexical", action="store_true", help="without the sentence model")
    return parser.parse_args()


def _material(options: argparse.Namespace) -> tuple[dict[str, list[Doc]], list[JudgedSet]]:
    given = options.articles or options.docs
    if given:
        docs = read_docs(given)
        name = "statute" if options.articles else "docs"
        sets = [JudgedSet(name, "given", read_queries(options.qrels))] if options.qrels else []
        sets += [JudgedSet(one.name, "given", one.queries) for one in known_items(docs)]
        return {"given": docs}, sets
    if not options.data.exists():
        sys.exit(f"{options.data} is not there: give --articles or --docs, and --qrels")
    corpora = {
        "docs": all_docs(options.data),
        "articles": read_docs(options.data / "statute_articles.jsonl.zst"),
    }
    sets = [
        JudgedSet("policy", "docs", read_queries(options.data / "ncp_questions.jsonl.zst")),
        *known_items(corpora["docs"]),
        JudgedSet("statute", "articles", read_queries(options.data / "statute_qrels.jsonl.zst")),
    ]
    wanted = set(options.sets.split(",")) if options.sets else {one.name for one in sets}
    return corpora, [one for one in sets if one.name in wanted]


def _judge_product(
    corpora: Mapping[str, Sequence[Doc]],
    sets: Sequence[JudgedSet],
    options: argparse.Namespace,
    sentence: SentenceEncoder | None,
) -> tuple[Results, Results]:
    folds = not (options.articles or options.docs)
    models = _models(corpora, sets, options, folds=folds)
    ours: Results = {}
    plain: Results = {}
    for corpus, docs in corpora.items():
        judged = [one for one in sets if one.corpus == corpus]
        with tempfile.TemporaryDirectory() as folder:
            product = Product(Path(folder) / "replica.db", docs)
            plain |= {one.name: score(one.queries, product.rank(one.queries)) for one in judged}
            for model in models:
                product.learn(model)
            titled = sentence if corpus == "docs" or options.docs else None
            if titled:
                product.read_titles(titled, CACHE / f"titles-{titled.name}.npz")
            for one in judged:
                ours[one.name] = score(one.queries, _ranked(product, one, models, titled))
            product.close()
    return ours, plain


def _models(
    corpora: Mapping[str, Sequence[Doc]],
    sets: Sequence[JudgedSet],
    options: argparse.Namespace,
    *,
    folds: bool,
) -> list[Learned]:
    if folds:
        teacher = Teacher(options.data)
        return [teacher.without_fold(fold) for fold in range(FOLDS)]
    given = [doc for docs in corpora.values() for doc in docs]
    judged = [asked for one in sets for asked in one.queries]
    return [Teacher(options.data, more=given).without(judged)]


def _ranked(
    product: Product,
    judged: JudgedSet,
    models: Sequence[Learned],
    sentence: SentenceEncoder | None,
) -> list[list[str]]:
    ranked: dict[int, list[str]] = {}
    for at, model in enumerate(models):
        product.use(Models(model, sentence))
        for place, asked in enumerate(judged.queries):
            if len(models) == 1 or fold_of(asked.text) == at:
                ranked[place] = product.one(asked.text)
    return [ranked[place] for place in range(len(judged.queries))]


def _judge_peers(
    corpora: Mapping[str, Sequence[Doc]], sets: Sequence[JudgedSet]
) -> dict[str, Results]:
    best: dict[str, Results] = {}
    for name, (make, weights) in MAKERS.items():
        if "xapian" in name and not has_xapian():
            print("!! xapian is ABSENT: apt-get install python3-xapian to compare with it")
            continue
        tried: dict[float, Results] = {weight: {} for weight in weights}
        for corpus, docs in corpora.items():
            judged = [one for one in sets if one.corpus == corpus]
            peer = make(docs) if judged else None
            for one in judged:
                for weight in weights:
                    ranked = peer.rank(one.queries, weight) if peer else []
                    tried[weight][one.name] = score(one.queries, ranked)
        weight = max(weights, key=lambda w: macro(tried[w]))
        best[f"{name}, title x{weight:g}"] = {one.name: tried[weight][one.name] for one in sets}
        print(f"{name}: judged", flush=True)
    return best


def _as_typed(
    docs: Sequence[Doc], most: int, sentence: SentenceEncoder | None
) -> dict[str, object]:
    """Judge pinyin and initials on the service items, and everyday language on official titles."""
    titles, spoken = golden(GOLDEN)
    said: dict[str, object] = {}
    for name, corpus, sets in (
        ("docs", docs, thinned(typed_items(docs), most)),
        ("golden", titles, spoken),
    ):
        with tempfile.TemporaryDirectory() as folder:
            product = Product(Path(folder) / "replica.db", corpus)
            if sentence and name == "golden":
                product.read_titles(sentence, CACHE / f"titles-{sentence.name}.npz")
                product.use(Models(None, sentence))
            for one in sets:
                found = score(one.queries, product.rank(one.queries))
                said[one.name] = {
                    "queries": len(one.queries),
                    "mrr10": found.mrr10,
                    "found10": found.found10,
                    "found3": found.found3,
                }
            product.close()
    return {"as_typed": said}


def _summary(
    ours: Results, plain: Results, peers: Mapping[str, Results], sets: Sequence[JudgedSet]
) -> dict[str, object]:
    top = max(peers, key=lambda name: macro(peers[name]), default="")
    gaps = {
        name: round(one.mrr10 - max(peer[name].mrr10 for peer in peers.values()), 4)
        for name, one in ours.items()
        if peers
    }
    return {
        "benchmark": "search",
        "sets": {
            one.name: {
                "queries": len(one.queries),
                "mrr10": ours[one.name].mrr10,
                "recall10": ours[one.name].recall10,
                "mrr10_over_best_peer": gaps.get(one.name),
            }
            for one in sets
        },
        "macro_mrr": macro(ours),
        "macro_mrr_words_only": macro(plain),
        "best_peer": top,
        "best_peer_macro_mrr": macro(peers[top]) if top else None,
        "ratio_to_best_peer": round(macro(ours) / macro(peers[top]), 4) if top else None,
        "xapian": any("xapian" in name for name in peers),
    }


if __name__ == "__main__":
    sys.exit(main())
