"""Commands that start, stop and watch the server."""
