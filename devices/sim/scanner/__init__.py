"""A simulated scanner."""
