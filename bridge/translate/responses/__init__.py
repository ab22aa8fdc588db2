"""Responses API requests to chats, and Anthropic's stream events to Responses events."""
