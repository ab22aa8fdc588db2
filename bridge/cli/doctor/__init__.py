"""`claude-bridge doctor`: check this installation, with a fix for each problem."""
