"""Text analysis, matching and ranking. Pure."""
