"""The documentation is true: its tables are the code's, its snippets run, its links lead on."""
