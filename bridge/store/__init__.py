"""What the bridge stores, on this computer only."""
