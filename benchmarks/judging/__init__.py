"""Judged question sets, peers and measures of the search benchmark."""
