"""A server on localhost that speaks OpenAI's API and is answered by Claude."""

__version__ = "0.1.0"
