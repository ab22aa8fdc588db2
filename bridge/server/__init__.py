"""The HTTP server: one module a resource, a table of endpoints, one rim for errors."""
