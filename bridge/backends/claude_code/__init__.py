"""Claude through Claude Code, with the user's own sign-in instead of an API key."""
