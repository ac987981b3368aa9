"""A simulated power supply behind a simulated NUT server."""
