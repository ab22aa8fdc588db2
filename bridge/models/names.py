"""Resolve the model name that a client sends to the model that answers."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from bridge.errors import ModelNotFound
from bridge.models.catalogue import ListedModel
from bridge.models.retirement import describe_retirement, find_retirement, read_today
from bridge.models.rules import ECHO, RULES, Line, ModelRules, find_rules, get_rules, infer_thinking
from bridge.models.spelling import normalize_name, remove_date

# By pattern, not by list: new OpenAI names must work without an update of the bridge.
_OPENAI = re.compile(r"(?:gpt-?\d|gpt-|chatgpt-|o\d|codex-)\S*", re.IGNORECASE)
_RETIRED = re.compile(
    r"claude-(?:[12](?:[.-].*)?|instant.*|3(?:-.*)?|mythos-preview"
    r"|(?:opus|sonnet)-[34](?:-[01])?(?:-\d{8})?|(?:opus|sonnet|haiku)-3(?:-\d)?(?:-\d{8})?)"
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
_IDS = frozenset(rules.id for rules in RULES)


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """The model that answers, and notices if it is not the requested one, or retires soon."""

    model: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What is known about names beyond the built-in tables."""

    live: Collection[str] = ()
    """Ids that the backend lists."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """The user's own names in lower case, and the names of models that they stand for."""
    retirements: Mapping[str, date] = field(default_factory=dict)
    """The days on which listed models retire."""


NOTHING_KNOWN = KnownNames()


def resolve(
    name: str, active: str, known: KnownNames = NOTHING_KNOWN, today: date | None = None
) -> ResolvedModel:
    """Resolve a client's `model` field. Raises ModelNotFound with similar names.

    `active` answers `default` and OpenAI's names. From the day a model retires on, the current
    model of its line answers; `today` is the date in UTC.
    """
    requested = name.strip()
    if known.aliases:
        requested = known.aliases.get(requested.lower(), requested)
    resolved = _find_model(requested, active, known)
    retires = find_retirement(resolved.model, known.retirements)
    return resolved if retires is None else _retire(resolved, retires, today or read_today())


def _find_model(requested: str, active: str, known: KnownNames) -> ResolvedModel:
    if requested in ("", "default"):
        return ResolvedModel(active)
    if requested == ECHO or requested in known.live or remove_date(requested) in _IDS:
        return ResolvedModel(requested)
    spelled, drops = normalize_name(requested)
    if spelled == "default":
        return ResolvedModel(active)
    if _RETIRED.fullmatch(spelled) and spelled not in known.live:
        current = _find_successor(spelled)
        notice = f"model: {requested} is retired; {current} is used instead"
        return ResolvedModel(current, (notice,))
    found = _find_spelled(spelled, known.live)
    if found is not None:
        is_same = found == spelled and not drops
        return ResolvedModel(found) if is_same else _replace(requested, found)
    if spelled == "claude" or _OPENAI.fullmatch(spelled):
        return _replace(requested, active)
    raise ModelNotFound(_describe_unknown(requested, known.live), param="model")


def _replace(requested: str, model: str) -> ResolvedModel:
    return ResolvedModel(model, (f"model: {model} is used instead of {requested}",))


def _find_spelled(spelled: str, live: Collection[str]) -> str | None:
    """Return the id that a name in Anthropic's spelling means."""
    if spelled in live or remove_date(spelled) in _IDS or spelled == ECHO:
        return spelled
    line = spelled.removeprefix("claude-")
    if line in _CURRENT:
        return _CURRENT[line]
    # Undated and dated names are one model, and a version alone means the newest of it.
    plain = remove_date(spelled)
    same = [id for id in live if remove_date(id) == plain]
    if re.fullmatch(r"claude-[a-z]+-\d+", plain):
        same = same or [id for id in (*_IDS, *live) if id.startswith(f"{plain}-")]
    return max(same, default=None)


def _retire(resolved: ResolvedModel, retires: date, today: date) -> ResolvedModel:
    model, successor = resolved.model, _find_successor(resolved.model)
    if today >= retires:
        notice = f"model: {model} is retired; {successor} is used instead"
        return ResolvedModel(successor, (*resolved.notices, notice))
    warning = describe_retirement(model, retires, successor, today)
    return resolved if warning is None else ResolvedModel(model, (*resolved.notices, warning))


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
    line = re.search("opus|haiku|instant|mythos|fable", retired)
    match line.group() if line else "sonnet":
        case "opus":
            return _CURRENT["opus"]
        case "haiku" | "instant":
            return _CURRENT["haiku"]
        case "mythos":
            return _CURRENT["mythos"]
        case "fable":
            return _CURRENT["fable"]
        case _:
            return _CURRENT["sonnet"]


def _describe_unknown(name: str, live: Collection[str]) -> str:
    known = sorted({*(rules.id for rules in RULES), ECHO, *live})
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(near)}?" if near else " See GET /v1/models for the list."
    return f"The model `{name}` does not exist.{hint}"
