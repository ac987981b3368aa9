"""The verified local copy of published content: the one room of content/ that touches disk."""
