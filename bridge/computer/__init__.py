"""Claude's eyes and hands on this desktop: what may be done, how it is done, and who allows it."""
