"""Pure translation between OpenAI's and Anthropic's formats: same input, same bytes."""
