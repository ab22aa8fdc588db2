"""Patience with upstream: what is tried again, when, and with which key."""
