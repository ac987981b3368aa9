"""Slips: blocks, and blocks to lines of n columns. No printer language here."""
