"""Claude at this desktop: its turns and its actions as one answer."""
