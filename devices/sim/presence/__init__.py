"""A simulated presence radar."""
