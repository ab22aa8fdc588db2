"""Claude through Claude Code, with the person's own sign-in and no key."""
