"""A simulated LED text sign."""
