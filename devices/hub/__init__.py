"""The peripherals of a terminal: where each is plugged in, which is which, one attendant each."""
