"""Keyboard, pointer, windows and screens of an X server."""
