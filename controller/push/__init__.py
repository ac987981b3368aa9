"""From the log to the terminals: heads, entries, wants."""
