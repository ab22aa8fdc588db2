"""The icon on the panel: one protocol, a backend for each kind of desktop."""
