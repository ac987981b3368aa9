"""Use cases. Handlers and commands call these."""
