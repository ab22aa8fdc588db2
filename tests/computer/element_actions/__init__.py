"""Actions by name."""
