"""This machine's desktop, on each platform."""
