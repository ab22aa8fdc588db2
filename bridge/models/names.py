"""Resolve the model name that a client sends to the model that answers."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from bridge.errors import ModelNotFound
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ECHO, RULES, Line, ModelRules, find_rules, get_rules, infer_thinking

# By pattern, not by list: new OpenAI names must work without an update of the bridge.
_OPENAI = re.compile(r"(?:gpt-|chatgpt-|o\d|codex-)\S*", re.IGNORECASE)
_RETIRED = re.compile(
    r"claude-(?:[12](?:[.-].*)?|instant.*|3-.*|(?:opus|sonnet)-4(?:-[01])?(?:-\d{8})?|mythos-preview)"
)
_CURRENT: dict[Line, str] = {
    "opus": "claude-opus-5-5",
    "sonnet": "claude-sonnet-5-5",
    "haiku": "claude-haiku-5-5",
    "mythos": "claude-mythos-5-2",
    "fable": "claude-fable-5-2",
}


# For a line that did not exist when this table was written.
_FALLBACK = _CURRENT["sonnet"]
_KNOWN = re.compile(rf"(?:{'|'.join(re.escape(rules.id) for rules in RULES)})(?:-\d{{8}})?")


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """The model that answers, and a notice if it is not the requested one."""

    model: str
    notice: str | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        return () if self.notice is None else (self.notice,)


def resolve(name: str, active: str, live: Collection[str] = ()) -> ResolvedModel:
    """Resolve a client's `model` field. Raises ModelNotFound with similar names.

    `active` answers `default` and OpenAI's names; `live` contains the ids that the backend lists
    beyond the built-in table.
    """
    requested = name.strip()
    if requested in ("", "default"):
        return ResolvedModel(active)
    if requested == ECHO or requested in live or _KNOWN.fullmatch(requested):
        return ResolvedModel(requested)
    if _RETIRED.fullmatch(requested):
        current = _find_successor(requested)
        return ResolvedModel(current, f"model: {requested} is retired; {current} is used instead")
    if _OPENAI.fullmatch(requested):
        return ResolvedModel(active, f"model: {active} is used instead of {requested}")
    raise ModelNotFound(_describe_unknown(requested, live), param="model")


@functools.lru_cache(64)
def resolve_rules(model: str, listed: ListedModel | None = None) -> ModelRules:
    """Return the rules of a resolved model; the backend's list overrides the built-in table.

    A model that is newer than the table gets the rules of the current model of its line.
    """
    # Cached: it runs for every request, and there are few models.
    known = find_rules(model) or _infer_from_line(model)
    return known if listed is None else _apply_listing(known, listed)


def _apply_listing(rules: ModelRules, listed: ListedModel) -> ModelRules:
    listing: dict[str, Any] = {
        "context": listed.context,
        "max_output": listed.max_output,
        "efforts": listed.efforts,
        "structured": listed.structured,
        "strict_tools": False if listed.structured is False else None,
    }
    if listed.thinking is not None:
        listing["thinking"] = infer_thinking(listed.thinking, rules.thinking)
    return replace(rules, **{name: value for name, value in listing.items() if value is not None})


def _infer_from_line(model: str) -> ModelRules:
    nearest = next((id for line, id in _CURRENT.items() if line in model), _FALLBACK)
    return replace(get_rules(nearest), id=model)


def _find_successor(retired: str) -> str:
    line = re.search("opus|haiku|instant|mythos", retired)
    match line.group() if line else "sonnet":
        case "opus":
            return _CURRENT["opus"]
        case "haiku" | "instant":
            return _CURRENT["haiku"]
        case "mythos":
            return _CURRENT["mythos"]
        case _:
            return _CURRENT["sonnet"]


def _describe_unknown(name: str, live: Collection[str]) -> str:
    known = sorted({*(rules.id for rules in RULES), ECHO, *live})
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(near)}?" if near else " See GET /v1/models for the list."
    return f"The model `{name}` does not exist.{hint}"
