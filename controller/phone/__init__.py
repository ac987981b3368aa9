"""The citizens' pages on the phone."""
