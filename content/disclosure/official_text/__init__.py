"""Read an official document 公文 as GB/T 9704-2012 lays it out: fields, blocks, annexes, citations, damage."""
