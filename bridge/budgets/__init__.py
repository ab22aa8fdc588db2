"""Limits for what requests cost in a day or a month, and what was spent of them."""
