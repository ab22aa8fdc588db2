"""Anthropic's stream events: to chat completion chunks, collected, filtered, continued."""
