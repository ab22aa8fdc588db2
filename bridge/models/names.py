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
from bridge.models.retirement import (
    describe_retirement,
    find_retirement,
    has_retired,
    read_today,
)
from bridge.models.rules import (
    ECHO,
    RULES,
    SNAPSHOTS,
    Line,
    ModelRules,
    find_rules,
    get_rules,
    infer_thinking,
)
from bridge.models.spelling import find_alias, normalize_name, remove_date

# By pattern, not by list: new OpenAI names must work without an update of the bridge.
_OPENAI = re.compile(
    r"(?:chat)?gpt(?:[-\d]\S*)?|o\d\S*|codex(?:-\S*)?|computer-use-preview\S*"
    r"|(?:text-|code-)?(?:davinci|curie|babbage|ada)(?:-\d+)?"
)
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
    """The user's own names as `index_aliases` returns them, with what they stand for."""
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
    alias = find_alias(requested, known.aliases) if known.aliases else None
    if alias is None:
        resolved = _find_model(requested, active, known)
    else:
        resolved = _follow_alias(alias, requested, active, known)
    retires = find_retirement(resolved.model, known.retirements)
    if retires is None:
        return resolved
    return _retire(resolved, requested, retires, known, today or read_today())


def find_problem(model: str, known: KnownNames) -> str | None:
    """Return why no model answers if the user's own name stands for `model`; None if one does."""
    try:
        # Any model that is active answers for `default`.
        _find_model(model.strip(), "default", known)
    except ModelNotFound as error:
        return error.message
    return None


def _follow_alias(alias: str, requested: str, active: str, known: KnownNames) -> ResolvedModel:
    """Resolve what the user's own name stands for; the user knows that it differs."""
    try:
        return ResolvedModel(_find_model(alias, active, known).model)
    except ModelNotFound as error:
        raise ModelNotFound(
            f"Your own name `{requested}` stands for `{alias}`. {error.message}", param="model"
        ) from error


def _find_model(requested: str, active: str, known: KnownNames) -> ResolvedModel:
    if requested in ("", "default"):
        return ResolvedModel(active)
    if requested == ECHO or requested in known.live:
        return ResolvedModel(requested)
    spelled, drops = normalize_name(requested)
    if spelled == "default":
        return ResolvedModel(active)
    found = _find_spelled(spelled, known.live)
    if found is not None:
        is_same = not drops and remove_date(found) == remove_date(spelled)
        return ResolvedModel(found) if is_same else _replace(requested, found)
    if _RETIRED.fullmatch(spelled):
        current = _CURRENT[_find_line(spelled)]
        notice = f"model: {requested} is retired; {current} is used instead"
        return ResolvedModel(current, (notice,))
    if spelled == "claude" or _OPENAI.fullmatch(spelled):
        return _replace(requested, active)
    raise ModelNotFound(_describe_unknown(requested, known.live), param="model")


def _replace(requested: str, model: str) -> ResolvedModel:
    return ResolvedModel(model, (f"model: {model} is used instead of {requested}",))


def _find_spelled(spelled: str, live: Collection[str]) -> str | None:
    """Return the id that a name in Anthropic's spelling means."""
    if spelled in live or spelled in _IDS or spelled in SNAPSHOTS or spelled == ECHO:
        return spelled
    line = spelled.removeprefix("claude-")
    if line in _CURRENT:
        return _CURRENT[line]
    # Undated and dated names are one model, and a version alone means the newest of it.
    plain = remove_date(spelled)
    same = [id for id in live if remove_date(id) == plain]
    if not same and plain in _IDS:
        return spelled
    if re.fullmatch(r"claude-[a-z]+-[4-9]", plain) and not _RETIRED.fullmatch(plain):
        same = same or [id for id in (*_IDS, *live) if id.startswith(f"{plain}-")]
    return max(same, default=None)


def _retire(
    resolved: ResolvedModel, requested: str, retires: date, known: KnownNames, today: date
) -> ResolvedModel:
    """Replace a model from the day it retires on; add a notice when that day is near."""
    model = resolved.model
    successor = _find_successor(model, known, today)
    if today < retires:
        warning = describe_retirement(model, retires, successor, today)
        return resolved if warning is None else ResolvedModel(model, (*resolved.notices, warning))
    if successor == model:
        # Nothing newer is known, so Claude's own answer is better than a guess.
        return resolved
    notice = f"model: {model} is retired; {successor} is used instead"
    if resolved.notices:
        # The name did not name this model: say what is used instead of the name, too.
        notice = f"model: {successor} is used instead of {requested}, as {model} is retired"
    return ResolvedModel(successor, (notice,))


def _find_successor(model: str, known: KnownNames, today: date) -> str:
    """Return the model that answers for a retired one: of its line, else of another."""
    line = _find_line(model)
    newest = sorted((id for id in known.live if line in id), key=_read_version, reverse=True)
    # Sonnet before the others: neither the cheapest nor the most expensive line.
    for id in (_CURRENT[line], *newest, _CURRENT["sonnet"], *_CURRENT.values()):
        if not has_retired(id, known.retirements, today):
            return id
    return model


def _read_version(model: str) -> tuple[int, ...]:
    """Return the version for sorting: `claude-opus-5-5` comes after `claude-opus-5`."""
    return tuple(int(part) for part in remove_date(model).split("-") if part.isdecimal())


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
    return replace(get_rules(_CURRENT[_find_line(model)]), id=model)


def _find_line(model: str) -> Line:
    """Return the line in a model's name; Sonnet, the middle one, if none is in it."""
    name = model.replace("instant", "haiku")
    return next((line for line in _CURRENT if line in name), "sonnet")


def _describe_unknown(name: str, live: Collection[str]) -> str:
    known = sorted({*(rules.id for rules in RULES), ECHO, *live})
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(near)}?" if near else " See GET /v1/models for the list."
    return f"The model `{name}` does not exist.{hint}"
