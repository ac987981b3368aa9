"""Judge the search: MRR@10 and recall@10 on real questions and known-item searches, beside other engines.

    python -m benchmarks.search                                 the sets of ../shared/data/search
    python -m benchmarks.search --articles FILE --qrels FILE    any articles and questions of the same form
    python -m benchmarks.search --docs FILE --qrels FILE        any documents; with names, known items too

Files are .jsonl or .jsonl.zst: documents with id, title or name, and text; questions with question and relevant (ids).
Learned parts are cross-fitted: each quarter of the questions is judged by a model of the other three. For given files
the model learns from all of data/search except the questions that are judged. Models and vectors are kept in --cache,
so that a second run is quick. The last line is JSON; its ratio is to the best peer of the same run.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.judging.contest import Contest, Results, as_typed
from benchmarks.judging.files import BadFile
from benchmarks.judging.learning import FOLDS, Teacher
from benchmarks.judging.measures import macro, table
from benchmarks.judging.peers import has_xapian
from benchmarks.judging.progress import Progress
from benchmarks.judging.sets import (
    Doc,
    JudgedSet,
    all_docs,
    known_items,
    read_docs,
    read_queries,
    thinned,
)
from content.replica.sentences import open_sentences
from content.search.learned import Learned

DATA = Path("../shared/data/search")
CACHE = Path("build/search")
GOLDEN = Path("tests/golden")
OURS = "disclosure zone"
NO_XAPIAN = "xapian is ABSENT: apt-get install python3-xapian to compare with it"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all and print the table and the JSON line."""
    options = _options(arguments)
    try:
        corpora, sets = _material(options)
    except BadFile as error:
        sys.stderr.write(f"{error}\n")
        return 2
    say = Progress()
    sets = thinned(sets, options.most)
    sentence = None if options.lexical else open_sentences(most_s=5.0)
    say("the sentence model " + ("runs" if sentence else "does not run here"))
    contest = Contest(corpora, sets, options.cache, say)
    models = _models(corpora, sets, options, say)
    ours, plain = contest.product(models, sentence, titled="docs")
    peers = {} if options.no_peers else contest.peers()
    sys.stdout.write(table({OURS: ours, f"{OURS}, words only": plain, **peers}) + "\n")
    summary = _summary(ours, plain, peers, sets)
    if not (options.articles or options.docs or options.sets):
        summary["as_typed"] = as_typed(
            GOLDEN, corpora["docs"], most=options.most, cache=options.cache, sentence=sentence
        )
    if not (options.no_peers or has_xapian()):
        summary["absent"] = NO_XAPIAN
        sys.stdout.write(f"!! {NO_XAPIAN}\n")
    sys.stdout.write(json.dumps(summary, ensure_ascii=False) + "\n")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--articles", type=Path, help="texts to be found by what they say")
    given.add_argument("--docs", type=Path, help="texts to be found by their titles too")
    parser.add_argument("--qrels", type=Path, help="questions with the ids of their answers")
    parser.add_argument("--most", type=int, default=0, help="queries a set, 0 for all")
    parser.add_argument("--sets", default="", help="only these sets, separated by commas")
    parser.add_argument("--cache", type=Path, default=CACHE, help="keeps models and vectors")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--lexical", action="store_true", help="without the sentence model")
    return parser.parse_args(arguments)


def _material(options: argparse.Namespace) -> tuple[dict[str, list[Doc]], list[JudgedSet]]:
    if options.articles or options.docs:
        return _given(options)
    if not options.data.exists():
        message = f"{options.data} is not there: give --articles or --docs, and --qrels"
        raise BadFile(message)
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


def _given(options: argparse.Namespace) -> tuple[dict[str, list[Doc]], list[JudgedSet]]:
    """Return a given corpus and its sets; questions whose answers it does not hold cannot be found, and count so."""
    corpus = "articles" if options.articles else "docs"
    docs = read_docs(options.articles or options.docs)
    held = {doc.id for doc in docs}
    sets = [JudgedSet(one.name, corpus, one.queries) for one in known_items(docs)]
    if options.qrels:
        queries = read_queries(options.qrels)
        lost = sum(held.isdisjoint(asked.relevant) for asked in queries)
        if lost:
            sys.stderr.write(
                f"!! {lost} of {len(queries)} questions name no document that is here\n"
            )
        sets.insert(0, JudgedSet("statute" if options.articles else "docs", corpus, queries))
    if not any(one.queries for one in sets):
        message = "There is nothing to judge: give --qrels, or documents with names of items."
        raise BadFile(message)
    return {corpus: docs}, [one for one in sets if one.queries]


def _models(
    corpora: Mapping[str, Sequence[Doc]],
    sets: Sequence[JudgedSet],
    options: argparse.Namespace,
    say: Progress,
) -> list[Learned]:
    if not (options.articles or options.docs):
        teacher = Teacher(options.data, cache=options.cache, say=say)
        return [teacher.without_fold(fold) for fold in range(FOLDS)]
    given = [doc for docs in corpora.values() for doc in docs]
    judged = [asked for one in sets for asked in one.queries]
    teacher = Teacher(options.data, cache=options.cache, say=say, more=given)
    return [teacher.without(judged)]


def _summary(
    ours: Results, plain: Results, peers: Mapping[str, Results], sets: Sequence[JudgedSet]
) -> dict[str, object]:
    top = max(peers, key=lambda name: macro(peers[name]), default="")
    best = {name: max(peer[name].mrr10 for peer in peers.values()) for name in ours if peers}
    return {
        "benchmark": "search",
        "sets": {
            one.name: {
                "queries": len(one.queries),
                "mrr10": ours[one.name].mrr10,
                "recall10": ours[one.name].recall10,
                "mrr10_over_best_peer": round(ours[one.name].mrr10 - best[one.name], 4)
                if peers
                else None,
            }
            for one in sets
        },
        "macro_mrr": macro(ours),
        "macro_mrr_words_only": macro(plain),
        "best_peer": top,
        "best_peer_macro_mrr": macro(peers[top]) if top else None,
        "ratio_to_best_peer": _ratio(macro(ours), macro(peers[top])) if top else None,
        "xapian": any("xapian" in name for name in peers),
        "peers": {
            name: {one: [found.mrr10, found.recall10] for one, found in results.items()}
            for name, results in peers.items()
        },
    }


def _ratio(ours: float, best: float) -> float | None:
    return round(ours / best, 4) if best else None


if __name__ == "__main__":
    sys.exit(main())
