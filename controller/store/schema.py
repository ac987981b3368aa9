"""The whole catalogue of tables: importing this module completes it."""

from controller.store import (
    audit,
    documents,
    emergencies,
    intake,
    keys,
    log,
    people,
    requests,
    terminals,
)
from controller.store.metadata import metadata

MODULES = (audit, documents, emergencies, intake, keys, log, people, requests, terminals)
COMPLETE = metadata
