"""Runs in the system's Python, beside xapian: a job of documents and queries in, ranked ids out."""

import json
import sys


def main() -> None:
    """Index the terms of stdin's documents and print the ten best of each query."""
    import xapian  # type: ignore[import-not-found]

    job = json.load(sys.stdin)
    database = xapian.WritableDatabase("", xapian.DB_BACKEND_INMEMORY)
    for doc_id, title, body in job["docs"]:
        document = xapian.Document()
        for terms, weight in ((title, job["weight"]), (body, 1)):
            for term in terms:
                document.add_term(term[:60], weight)
        document.set_data(doc_id)
        database.add_document(document)
    json.dump([_ask(xapian, database, terms) for terms in job["queries"]], sys.stdout)


def _ask(xapian, database, terms):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    enquire = xapian.Enquire(database)
    enquire.set_query(xapian.Query(xapian.Query.OP_OR, [term[:60] for term in terms]))
    return [match.document.get_data().decode() for match in enquire.get_mset(0, 10)]


if __name__ == "__main__":
    main()
