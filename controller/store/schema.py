"""The whole catalogue of tables: importing this module completes it."""

from controller.store import (
    alerts,
    audit,
    curation,
    documents,
    emergencies,
    feeds,
    https_presence,
    intake,
    jobs,
    keys,
    links,
    log,
    nights,
    pairings,
    people,
    records,
    renewals,
    requests,
    rollouts,
    searches,
    sites,
    telemetry,
    terminals,
)
from controller.store.metadata import metadata

MODULES = (
    *(alerts, audit, curation, documents, emergencies, feeds, https_presence, intake, jobs, keys),
    *(
        links,
        log,
        pairings,
        people,
        records,
        renewals,
        requests,
        rollouts,
        searches,
        sites,
        telemetry,
    ),
    terminals,
    nights,
)
COMPLETE = metadata
