"""Receipt printers that speak ESC/POS: codec, encoder, model sheets and the device itself."""
