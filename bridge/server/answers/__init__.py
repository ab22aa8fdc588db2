"""Use cases: ask a backend for an answer and prepare it for an endpoint."""
