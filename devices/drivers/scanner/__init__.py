"""QR and barcode scanner on a serial line: codec, what a scan means, state machine."""
