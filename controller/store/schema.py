"""The whole catalogue of tables: importing this module completes it."""

from controller.store import (
    audit,
    documents,
    https_presence,
    intake,
    jobs,
    keys,
    log,
    pairings,
    people,
    renewals,
    requests,
    telemetry,
    terminals,
)
from controller.store.metadata import metadata

MODULES = (
    *(audit, documents, intake, keys, log, people, requests, terminals),
    *(https_presence, jobs, pairings, renewals, telemetry),
)
COMPLETE = metadata
