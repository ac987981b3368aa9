"""Measurements that hold the design to its figures; each prints JSON on its last line."""
