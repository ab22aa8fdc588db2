"""Tools that run at Anthropic, and whose calls no client answers."""
