"""Learns small search models from published texts and answered questions; the terminals only multiply."""
