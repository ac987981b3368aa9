"""A simulated receipt printer: tokenizer, mechanism, paper; bytes in, replies and slips out."""
