"""The programs that Claude uses: which one a window belongs to, and what Claude may do in it."""
