"""Which Claude answers: names and the rules of each model as data, and the live catalogue."""
