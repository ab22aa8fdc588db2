"""Read the variants of chat requests that clients send, before they are validated."""
