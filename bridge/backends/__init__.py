"""Sources of Claude's answers, all behind the interface in `base`."""
