"""Translation between OpenAI's and Anthropic's formats: pure, same input, same bytes."""
