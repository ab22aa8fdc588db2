"""Starts, polls and controls the server that the tray shows."""
