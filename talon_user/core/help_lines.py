"""Build and search the lines of “claude help” from the commands that Talon has loaded."""

import re
from collections.abc import Iterable, Mapping

from .plan import HEAD

PREFIX = "{user.claude_prefix}"


def format_rule(rule: str, prefix: str) -> str:
    """Return a Talon rule as readable text, without anchors and with ‹names› for captures."""
    text = rule.strip().removeprefix("^").removesuffix("$").replace(PREFIX, prefix)
    text = re.sub(r"[{<]user\.claude_(\w+)[}>]", lambda match: f"‹{match[1]}›", text)
    return re.sub(r"[{<](?:user\.)?(\w+)[}>]", r"‹\1›", text).replace("_", " ")


def build_help_lines(
    rules: Iterable[str], lists: Mapping[str, Mapping[str, str]], prefix: str
) -> list[str]:
    """Return one line per rule that begins with our prefix, then one per entry of our lists."""
    commands = sorted({format_rule(rule, prefix) for rule in rules if PREFIX in rule})
    entries = [
        f"{name.removeprefix('user.claude_').replace('_', ' ')}: "
        f"{spoken}{_format_value(spoken, value)}"
        for name, items in sorted(lists.items())
        for spoken, value in items.items()
    ]
    return commands + entries


def search_lines(lines: Iterable[str], words: str) -> list[str]:
    """Return the lines that contain all of the words, in any order and case."""
    terms = words.lower().split()
    return [line for line in lines if all(term in line.lower() for term in terms)]


def _format_value(spoken: str, value: str) -> str:
    """Return “ – value” without its bracketed head, or nothing when it repeats the name."""
    text = HEAD.sub("", value)
    return f" – {text}" if text and text != spoken else ""
