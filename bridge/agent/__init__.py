"""Computer tasks: the agent loop, and its turns and actions as one answer."""
