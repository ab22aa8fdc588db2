"""Makes the lines of “claude help” from the commands that Talon has loaded, and searches them."""

import re
from collections.abc import Iterable, Mapping

from .plan import HEAD

PREFIX = "{user.claude_prefix}"


def rule_line(rule: str, prefix: str) -> str:
    """Return a rule as one would say it: anchors go, names of lists and captures become words."""
    said = rule.strip().removeprefix("^").removesuffix("$").replace(PREFIX, prefix)
    said = re.sub(r"[{<]user\.claude_(\w+)[}>]", lambda found: f"‹{found[1]}›", said)
    return re.sub(r"[{<](?:user\.)?(\w+)[}>]", r"‹\1›", said).replace("_", " ")


def help_lines(
    rules: Iterable[str], lists: Mapping[str, Mapping[str, str]], prefix: str
) -> list[str]:
    """Return a line for each rule that is ours, then one for each word of our lists."""
    ours = sorted({rule_line(rule, prefix) for rule in rules if PREFIX in rule})
    words = [
        f"{name.removeprefix('user.claude_').replace('_', ' ')}: {spoken}{_meaning(spoken, value)}"
        for name, items in sorted(lists.items())
        for spoken, value in items.items()
    ]
    return ours + words


def search(lines: Iterable[str], words: str) -> list[str]:
    """Return the lines that have every one of the words, in any order."""
    wanted = words.lower().split()
    return [line for line in lines if all(word in line.lower() for word in wanted)]


def _meaning(spoken: str, value: str) -> str:
    text = HEAD.sub("", value)
    return f" – {text}" if text and text != spoken else ""
