"""Responses API requests to chats, and Anthropic's stream events to its events."""
