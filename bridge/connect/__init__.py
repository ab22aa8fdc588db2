"""Connect programs to the bridge: find them, edit their config files, and undo it."""
