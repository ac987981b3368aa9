"""Runs in the system's Python, beside xapian: a job in JSON lines in, ranked ids out.

The first line is the title's weight and how many documents follow, each an id, the terms of its title and those of its
text; the last line is a list of queries, each a list of terms.
"""

import json
import sys


def main() -> None:
    """Index the terms of stdin's documents and print the ten best of each query."""
    import xapian  # type: ignore[import-not-found]

    weight, documents = json.loads(sys.stdin.readline())
    database = xapian.WritableDatabase("", xapian.DB_BACKEND_INMEMORY)
    for _ in range(documents):
        doc_id, title, body = json.loads(sys.stdin.readline())
        document = xapian.Document()
        for terms, worth in ((title, weight), (body, 1)):
            for term in terms:
                document.add_term(term[:60], worth)
        document.set_data(doc_id)
        database.add_document(document)
    queries = json.loads(sys.stdin.readline())
    json.dump([_ask(xapian, database, terms) for terms in queries], sys.stdout)


def _ask(xapian, database, terms):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    enquire = xapian.Enquire(database)
    enquire.set_query(xapian.Query(xapian.Query.OP_OR, [term[:60] for term in terms]))
    return [match.document.get_data().decode() for match in enquire.get_mset(0, 10)]


if __name__ == "__main__":
    main()
