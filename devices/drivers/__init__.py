"""Device drivers: codec (pure) -> link -> device state machine."""
