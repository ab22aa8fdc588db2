"""`claude-bridge connect`: write the settings of programs, prove that they work, and undo it."""
