"""The Responses API in terms of a chat, and Claude's events in terms of its own."""
