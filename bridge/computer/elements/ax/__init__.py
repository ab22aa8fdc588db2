"""The elements of macOS programs, from its accessibility functions (AX)."""
