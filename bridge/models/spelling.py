"""Rewrite the many spellings of a model's name to Anthropic's own; rules are data."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

LINES = ("opus", "sonnet", "haiku", "mythos", "fable")
_LINE = "|".join(LINES)
_MODEL = rf"(?:claude|gpt|chatgpt|o\d|{_LINE})"
_PROVIDER = "anthropic|aws|azure|bedrock|copilot|databricks|google|openai|openrouter|vertex"
_WISH = (
    "thinking|thought|reasoning|low|medium|high|xhigh|max|fast|beta|extended|free|"
    r"online|\d+[km](?:-context)?"
)
"""What names of other services ask for beside the model: thinking, an effort, a long context."""


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
    _rule(
        rf"^[a-z][a-z0-9-]*:(?=(?:[a-z-]+\.){{0,2}}{_MODEL}(?:[\d.:@-]|$))"
    ),  # anthropic:claude-…
    _rule(r"^(?:[a-z-]{2,12}\.)?anthropic\."),  # us.anthropic.claude-…, of Bedrock
    _rule(r"-v\d+(?::[0-9a-z]+)*$"),  # …-v1:0 and …-v2:0:200k, of Bedrock
    _rule(r"@(?:latest|default)$"),  # Vertex AI
    _rule(r"@(\d{8})$", r"-\1"),  # claude-opus-4-5@20251101, of Vertex AI
    _rule(r":latest$"),  # Ollama
    _rule(r":.*$", drops=True),  # …:free and …:thinking, of OpenRouter
    _rule(r"-?[\[(][^\])]*[\])]$", drops=True),  # …[1m], of Claude Code
    _rule(r"(?<=\d)\.(?=\d)", "-"),  # claude-sonnet-5.5
    _rule(r"-(20\d\d)-(\d\d)-(\d\d)(?=-|$)", r"-\1\2\3"),  # claude-opus-4-5-2025-11-01
    _rule(rf"^(?:(?:{_PROVIDER})-)+(?={_MODEL})"),  # databricks-claude-sonnet-4-5
    _rule(r"^opusplan$", "opus", drops=True),  # Claude Code
    _rule(rf"^({_LINE})(?=-|\d|$)", r"claude-\1"),  # sonnet, opus-5.5
    _rule(rf"^claude-?({_LINE})-?(?=\d|-|$)", r"claude-\1-"),  # claude-opus5
    _rule(rf"^claude-?([4-9](?:-\d)?)-?({_LINE})", r"claude-\2-\1"),  # claude-4.5-sonnet
    # claude-opus-4.6-thinking-high, of Cursor, Copilot, Zed
    _rule(
        rf"^(.*?(?:\d|{_LINE}))(?:-(?:{_WISH}))+(?=(?:-\d{{8}})?(?:-latest)?$)", r"\1", drops=True
    ),
    _rule(r"(?:-latest)+$"),
    _rule(r"^claude-[4-9](?:-\d)?$", "claude", drops=True),  # claude-4.5, of no line
    _rule(r"-+", "-"),
    _rule(r"-$"),
)


_LONGEST = 300
"""Longer texts, of which nothing is cached, are no model's name."""


def normalize_name(name: str) -> tuple[str, bool]:
    """Return the name in Anthropic's spelling, and whether a wish in it was left out.

    It may be no model's name.
    """
    name = name.strip().lower()
    return _apply_rules(name) if len(name) <= _LONGEST else (name, False)


# Cached: clients send the same few names again and again.
@functools.lru_cache(256)
def _apply_rules(name: str) -> tuple[str, bool]:
    drops = False
    for rule in RULES:
        name, count = rule.pattern.subn(rule.replacement, name)
        drops = drops or (count > 0 and rule.drops)
    return name, drops


_DATE = re.compile(r"-\d{8}$")


def remove_date(model: str) -> str:
    """Return the id without the date of a snapshot: both name one model."""
    return _DATE.sub("", model)


def index_aliases(aliases: Mapping[str, str]) -> Mapping[str, str]:
    """Return the user's own names in lower case and in Anthropic's spelling, with their models.

    A name that says more than a model, such as `openai/gpt-4o` or `sonnet[1m]`, stands for itself
    only.
    """
    index = {name.strip().lower(): model for name, model in aliases.items()}
    for name, model in tuple(index.items()):
        spelled, drops = normalize_name(name)
        # `default` is the active model in each of its spellings, and no name is the same.
        if not drops and "/" not in name and spelled not in ("", "default"):
            index.setdefault(spelled, model)
    return index


def find_alias(name: str, index: Mapping[str, str]) -> str | None:
    """Return what the user's own name stands for, in any spelling; None if it is none."""
    exact = index.get(name.lower())
    if exact is not None:
        return exact
    spelled, _ = normalize_name(name)
    return index.get(spelled) or index.get(remove_date(spelled))
