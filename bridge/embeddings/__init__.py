"""Embeddings, from a local model or another service; Claude has none."""
