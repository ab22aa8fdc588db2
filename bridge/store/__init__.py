"""What the bridge remembers, on this machine only."""
