"""Rewrite the many spellings of a model's name to Anthropic's own; rules are data."""

from __future__ import annotations

import re
from typing import NamedTuple

LINES = ("opus", "sonnet", "haiku", "mythos", "fable")
_LINE = "|".join(LINES)


class Rule(NamedTuple):
    """A rewriting of a lower-case name, and whether it leaves out a wish of the client's."""

    pattern: re.Pattern[str]
    replacement: str
    drops: bool = False


def _rule(pattern: str, replacement: str = "", *, drops: bool = False) -> Rule:
    return Rule(re.compile(pattern), replacement, drops)


# Each rule sees what the rules above it have left. To add one, add a line and its example here, and
# a case to the test.
RULES: tuple[Rule, ...] = (
    _rule(r"[\s_]+", "-"),  # Claude Sonnet 5.5
    _rule(r"^.*/"),  # openrouter/anthropic/…, models/…, the end of a Bedrock ARN
    _rule(r"^ft:"),  # ft:gpt-4o:company::id, a tuned model
    _rule(r"^(?:[a-z]{2,6}\.)?anthropic\."),  # us.anthropic.claude-…, of Bedrock
    _rule(r"-v\d+(?::[0-9a-z]+)*$"),  # …-v1:0 and …-v2:0:200k, of Bedrock
    _rule(r"@(?:latest|default)$"),  # Vertex AI
    _rule(r"@(\d{8})$", r"-\1"),  # claude-opus-4-5@20251101, of Vertex AI
    _rule(r":latest$"),  # Ollama
    _rule(r":.*$", drops=True),  # …:free and …:thinking, of OpenRouter
    _rule(r"-?\[\d+[km]\]$", drops=True),  # …[1m], of Claude Code
    _rule(r"(?<=\d)\.(?=\d)", "-"),  # claude-sonnet-5.5
    _rule(r"^anthropic-(?=claude)"),
    _rule(rf"^({_LINE})(?=-|\d|$)", r"claude-\1"),  # sonnet, opus-5.5
    _rule(rf"^claude-?({_LINE})-?(?=\d|-|$)", r"claude-\1-"),  # claude-opus5
    _rule(rf"^claude-?([4-9](?:-\d)?)-({_LINE})", r"claude-\2-\1"),  # claude-4.5-sonnet
    _rule(r"-(?:thinking|reasoning)(?:-[a-z]+)?$", drops=True),  # of Cursor and others
    _rule(r"-1m$", drops=True),
    _rule(r"-latest$"),
    _rule(r"-+", "-"),
    _rule(r"-$"),
)


def normalize_name(name: str) -> tuple[str, bool]:
    """Return the name in Anthropic's spelling, and whether a wish in it was left out.

    It may be no model's name.
    """
    drops = False
    name = name.strip().lower()
    for rule in RULES:
        name, count = rule.pattern.subn(rule.replacement, name)
        drops = drops or (count > 0 and rule.drops)
    return name, drops


_DATE = re.compile(r"-\d{8}$")


def remove_date(model: str) -> str:
    """Return the id without the date of a snapshot: both name one model."""
    return _DATE.sub("", model)
