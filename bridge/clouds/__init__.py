"""The setting `clouds`: where else than at Anthropic the API of Claude is."""
