"""`/inspect/…`: what the recorder has of the last requests."""
