"""The whole catalogue of tables: importing this module completes it."""

from controller.store import (
    audit,
    documents,
    feeds,
    intake,
    keys,
    log,
    people,
    records,
    requests,
    terminals,
)
from controller.store.metadata import metadata

MODULES = (audit, documents, feeds, intake, keys, log, people, records, requests, terminals)
COMPLETE = metadata
