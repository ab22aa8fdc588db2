"""Input on Windows."""
