"""LED text sign: ONBON BX frames and plain text behind one small protocol."""
