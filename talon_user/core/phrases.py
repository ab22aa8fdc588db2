"""Decide whether a phrase consists of our commands only."""

from collections.abc import Iterable

from .help_lines import PREFIX


def is_only_ours(phrase: str, prefixes: Iterable[str], rules: Iterable[str]) -> bool:
    """Return whether a phrase in which one of our commands ran has no other command in it.

    It must begin with our prefix. Most of our rules extend to the end of the phrase; after one that
    does not, another command may follow.
    """
    rest = next((_cut(phrase, prefix) for prefix in prefixes if _cut(phrase, prefix)), "")
    chained = [
        rule.removeprefix(PREFIX).strip()
        for rule in rules
        if rule.startswith(PREFIX) and not rule.endswith("$")
    ]
    return bool(rest) and not any(_cut(rest, form) for form in chained)


def _cut(phrase: str, words: str) -> str:
    """Return what follows `words` at the beginning of a phrase, or empty."""
    return phrase[len(words) + 1 :] if phrase.startswith(f"{words} ") else ""
