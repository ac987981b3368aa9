"""The whole catalogue of tables: importing this module completes it."""

from controller.store import (
    audit,
    documents,
    emergencies,
    feeds,
    https_presence,
    intake,
    jobs,
    keys,
    log,
    pairings,
    people,
    requests,
    terminals,
)
from controller.store.metadata import metadata

MODULES = (
    *(audit, documents, emergencies, feeds, https_presence, intake, jobs, keys, log, pairings),
    *(people, requests, terminals),
)
COMPLETE = metadata
