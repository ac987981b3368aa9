"""A simulated ID card reader and its cards."""
