"""A strict fake of Anthropic's Messages API, on loopback."""
