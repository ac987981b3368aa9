"""Pinyin and other ways to enter text by touch."""
