"""Embeddings: vectors for texts, from a local model or another service, not from Claude."""
