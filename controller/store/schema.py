"""The whole catalogue of tables: importing this module completes it."""

from controller.store import (
    alerts,
    audit,
    documents,
    intake,
    keys,
    links,
    log,
    people,
    requests,
    sites,
    terminals,
)
from controller.store.metadata import metadata

MODULES = (
    alerts,
    audit,
    documents,
    intake,
    keys,
    links,
    log,
    people,
    requests,
    sites,
    terminals,
)
COMPLETE = metadata
