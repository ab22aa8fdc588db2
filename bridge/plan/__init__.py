"""What Claude says about the user's plan, what is shown of it, and when to ask before it costs."""
