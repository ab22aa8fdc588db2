"""Between OpenAI's dialect and Anthropic's: pure, the same input gives the same bytes."""
