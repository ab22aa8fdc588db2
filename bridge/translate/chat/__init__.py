"""Chat completion requests to Anthropic's Messages API."""
