"""Retries, circuit breakers and key rotation, as a backend around other backends."""
