"""Checks of requests, as strict as the real Messages API."""
