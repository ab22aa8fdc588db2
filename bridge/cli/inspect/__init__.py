"""`claude-bridge inspect …`."""
