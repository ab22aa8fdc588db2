"""Keyboard input on Windows."""
