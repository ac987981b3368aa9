"""One screen a file, its layout in the .kv of the same name."""
