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
    "no-?thinking|thinking|thought|reasoning|none|minimal|low|medium|high|xhigh|max|"
    r"fast|beta|extended|free|online|\d+[km](?:-context)?"
)
"""What names of other services ask for beside the model: thinking, an effort, a long context."""
_WISHES = re.compile(rf"(?:{_WISH})(?:-(?:{_WISH}))*")
_ONE_WISH = re.compile(rf"(?<![a-z])(?:{_WISH})(?![a-z])")
_NO_WISHES = ("", "latest", "default")


class Rule(NamedTuple):
    """A rewriting of a lower-case name; a group `wish` is what the name asks for beside it."""

    pattern: re.Pattern[str]
    replacement: str


class Spelling(NamedTuple):
    """A name in Anthropic's spelling, and what it asks for beside the model."""

    name: str
    wishes: tuple[str, ...] = ()


def _rule(pattern: str, replacement: str = "") -> Rule:
    return Rule(re.compile(pattern), replacement)


# Each rule sees what the rules above it have left. To add one, add a line and its example here, and
# a case to the test.
RULES: tuple[Rule, ...] = (
    _rule("[\u2010-\u2015\u2212]", "-"),  # dashes that an editor or a web page has put in
    _rule(r"^([\"'`])(.*)\1$", r"\2"),  # quotation marks of a file of variables
    _rule(r"[\s_]+", "-"),  # Claude Sonnet 5.5
    _rule(r"^.*/"),  # openrouter/anthropic/…, models/…, the end of a Bedrock ARN
    _rule(r"^ft:"),  # ft:gpt-4o:company::id, a tuned model
    _rule(
        rf"^[a-z][a-z0-9-]*:(?=(?:[a-z-]+\.){{0,2}}{_MODEL}(?:[\d.:@-]|$))"
    ),  # anthropic:claude-…
    _rule(r"^(?:[a-z-]{2,12}\.)?anthropic\."),  # us.anthropic.claude-…, of Bedrock
    _rule(r"^claude-v(?=\d)", "claude-"),  # anthropic.claude-v2:1, of Bedrock
    _rule(r"-v\d+(?::[0-9a-z]+)*$"),  # …-v1:0 and …-v2:0:200k, of Bedrock
    _rule(r"@(?:latest|default)$"),  # Vertex AI
    _rule(r"@(\d{8})$", r"-\1"),  # claude-opus-4-5@20251101, of Vertex AI
    _rule(r":latest$"),  # Ollama
    _rule(r":(?P<wish>.*)$"),  # …:free and …:thinking, of OpenRouter
    _rule(r"-?[\[(](?P<wish>[^\])]*)[\])]$"),  # …[1m], of Claude Code
    _rule(r"(?<=\d)\.(?=\d)", "-"),  # claude-sonnet-5.5
    _rule(r"-(20\d\d)-(\d\d)-(\d\d)(?=-|$)", r"-\1\2\3"),  # claude-opus-4-5-2025-11-01
    _rule(rf"^(?:(?:{_PROVIDER})-)+(?={_MODEL})"),  # databricks-claude-sonnet-4-5
    _rule(r"^opus(?P<wish>plan)$", "opus"),  # Claude Code
    _rule(rf"^({_LINE})(?=-|\d|$)", r"claude-\1"),  # sonnet, opus-5.5
    _rule(rf"^claude-?({_LINE})-?(?=\d|-|$)", r"claude-\1-"),  # claude-opus5
    _rule(rf"^claude-?([4-9](?:-\d)?)-?({_LINE})", r"claude-\2-\1"),  # claude-4.5-sonnet
    _rule(r"-+", "-"),
    # claude-opus-4.6-thinking-high, of Cursor, Copilot, Zed
    _rule(
        rf"^(.*?(?:\d|{_LINE}|^default))(?P<wish>(?:-(?:{_WISH}))+)(?=(?:-\d{{8}})?(?:-latest)?$)",
        r"\1",
    ),
    _rule(r"(?:-latest)+$"),
    _rule(r"^claude-[4-9](?:-\d)?$", "claude"),  # claude-4.5, of no line
    _rule(r"-+", "-"),
    _rule(r"-$"),
)


_LONGEST = 300
"""Longer texts, of which nothing is cached, are no model's name."""


def normalize_name(name: str) -> Spelling:
    """Return the name in Anthropic's spelling, and what it asks for beside the model.

    It may be no model's name.
    """
    name = name.strip().lower()
    return _apply_rules(name) if len(name) <= _LONGEST else Spelling(name)


# Cached: clients send the same few names again and again.
@functools.lru_cache(256)
def _apply_rules(name: str) -> Spelling:
    wishes: list[str] = []
    for rule in RULES:
        match = rule.pattern.search(name)
        if match is not None:
            wishes += _split_wishes(match.groupdict().get("wish", ""))
            name = rule.pattern.sub(rule.replacement, name)
    return Spelling(name, tuple(wishes))


def _split_wishes(text: str) -> list[str]:
    text = text.strip("-")
    if _WISHES.fullmatch(text):
        return _ONE_WISH.findall(text)
    return [] if text in _NO_WISHES else [text]


_DATE = re.compile(r"-\d{8}$")


@functools.lru_cache(256)
def remove_date(model: str) -> str:
    """Return the id without the date of a snapshot: both name one model."""
    # Cached: it runs several times for every request, and most requests name the same models.
    return _DATE.sub("", model)


def is_same_model(name: str, model: str) -> bool:
    """Return whether a client's name is this model's, in any spelling, with or without a date."""
    return name == model or remove_date(normalize_name(name)[0]) == remove_date(model)


def index_aliases(aliases: Mapping[str, str]) -> Mapping[str, str]:
    """Return the user's own names in lower case and in Anthropic's spelling, with their models.

    A name that says more than a model, such as `openai/gpt-4o` or `sonnet[1m]`, stands for itself
    only.
    """
    index = {name.strip().lower(): model for name, model in aliases.items()}
    for name, model in tuple(index.items()):
        spelled, wishes = normalize_name(name)
        # `default` is the active model in each of its spellings, and no name is the same.
        if not wishes and "/" not in name and spelled not in ("", "default", "claude"):
            index.setdefault(spelled, model)
    return index


def find_alias(name: str, index: Mapping[str, str]) -> str | None:
    """Return what the user's own name stands for, in any spelling; None if it is none."""
    exact = index.get(name.lower())
    if exact is not None:
        return exact
    spelled = normalize_name(name).name
    return index.get(spelled) or index.get(remove_date(spelled))
