"""The whole catalogue of tables: importing this module completes it."""

from controller.store import (
    audit,
    curation,
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
    renewals,
    requests,
    searches,
    terminals,
)
from controller.store.metadata import metadata

MODULES = (
    *(audit, curation, documents, emergencies, feeds, https_presence, intake, jobs, keys, log),
    *(pairings, people, renewals, requests, searches, terminals),
)
COMPLETE = metadata
