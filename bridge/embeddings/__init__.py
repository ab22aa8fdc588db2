"""Texts as vectors, without Claude, which has none."""
