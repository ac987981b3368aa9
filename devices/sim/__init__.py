"""Simulated devices made of the same codecs, with faults as data."""
