"""The sign-in of Claude Code: how it is made, read and renewed."""
