"""The programs that can be connected: one row of data for each."""
