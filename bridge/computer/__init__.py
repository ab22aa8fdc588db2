"""Computer use: what Claude may do on this desktop, and how it is done."""
