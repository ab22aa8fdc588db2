"""`claude-bridge computer …`: use this desktop through the bridge."""
