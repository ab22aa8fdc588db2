"""The rules for what is risky: their form, the built-in ones, and how they are applied."""
