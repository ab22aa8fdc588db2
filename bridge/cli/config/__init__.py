"""`claude-bridge config`: read and change the settings file."""
