"""The terminal's agent: link, sync, outbox, spool, supervisor."""
