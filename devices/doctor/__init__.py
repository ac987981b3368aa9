"""Finds, names and tests what is plugged into a terminal, and says what to do."""
