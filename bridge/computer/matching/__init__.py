"""Compare titles, program names, text and keys as a person reads them, not as they are spelled."""
