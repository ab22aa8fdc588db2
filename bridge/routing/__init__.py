"""The user's rules: which requests get which model, effort, backend and limits."""
