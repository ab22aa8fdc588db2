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
from bridge.wire.routing.rule import RoutingRule

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
_EMBEDDING = re.compile(r"embedding|(?:^|/)potion-", re.IGNORECASE)
_THINKING_WISHES = ("thinking", "thought", "reasoning")
_EFFORT_WISHES = {
    "nothinking": "none",
    "no-thinking": "none",
    **{level: level for level in ("none", "minimal", "low", "medium", "high", "xhigh", "max")},
}
_SIZE = re.compile(r"(\d{1,3})m(?:-context)?$")
_IDS = frozenset(rules.id for rules in RULES)


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """The model that answers, and notices if it is not the requested one, or retires soon."""

    model: str
    notices: tuple[str, ...] = ()
    effort: str | None = None
    """The `reasoning_effort` of the rule, or the one that the name asks for, as
    `claude-opus-5-5-high` does."""
    rule: RoutingRule | None = None
    """The user's rule that applies to the request."""

    @property
    def rule_effort(self) -> str | None:
        """The effort that the rule sets, whatever the client sends."""
        return self.rule.chosen_effort if self.rule is not None else None


@dataclass(frozen=True, slots=True)
class _Found:
    """The model that a name means, and in what it differs from the name."""

    model: str
    is_other: bool = False
    is_retired: bool = False
    effort: str | None = None
    ignored: tuple[str, ...] = ()
    """What the name asks for beside the model, and does not get."""

    def resolve(self, name: str, *, is_own: bool = False) -> ResolvedModel:
        """Return the result with notices; `is_own`: the user chose `name` for another name."""
        notice = None
        if self.is_retired:
            notice = f"model: {name} is retired; {self.model} is used instead"
        elif self.is_other and not is_own:
            notice = f"model: {self.model} is used instead of {name}"
        elif self.ignored:
            notice = f"model: {', '.join(self.ignored)} in {name} is ignored"
        return ResolvedModel(self.model, () if notice is None else (notice,), self.effort)


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
    name: str,
    active: str,
    known: KnownNames = NOTHING_KNOWN,
    today: date | None = None,
    *,
    is_own: bool = False,
) -> ResolvedModel:
    """Resolve a client's `model` field. Raises ModelNotFound with similar names.

    `active` answers `default` and OpenAI's names. From the day a model retires on, the current
    model of its line answers; `today` is the date in UTC. `is_own`: the user has chosen the name,
    and knows that it differs from the model's.
    """
    requested = name.strip()
    alias = find_alias(requested, known.aliases) if known.aliases else None
    if alias is None:
        resolved = _find_model(requested, active, known).resolve(requested, is_own=is_own)
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
        found = _find_model(alias, active, known)
    except ModelNotFound as error:
        raise ModelNotFound(
            f"Your own name `{requested}` stands for `{alias}`. {error.message}", param="model"
        ) from error
    resolved = found.resolve(alias, is_own=True)
    if requested.lower() in known.aliases:
        return resolved
    # `fast-thinking`, where only `fast` is the user's own.
    more = _grant_wishes(_Found(found.model), normalize_name(requested).wishes)
    notices = (*resolved.notices, *more.resolve(requested).notices)
    return ResolvedModel(found.model, notices, more.effort or found.effort)


def _find_model(requested: str, active: str, known: KnownNames) -> _Found:
    if requested in ("", "default"):
        return _Found(active)
    # Most clients send an id as it is listed.
    if requested == ECHO or requested in known.live or requested in _IDS:
        return _Found(requested)
    spelled, wishes = normalize_name(requested)
    return _grant_wishes(_find_plain(spelled, requested, active, known), wishes)


def _find_plain(spelled: str, requested: str, active: str, known: KnownNames) -> _Found:
    if spelled == "default":
        return _Found(active)
    found = _find_spelled(spelled, known.live)
    if found is not None:
        return _Found(found, is_other=remove_date(found) != remove_date(spelled))
    if _RETIRED.fullmatch(spelled):
        return _Found(_CURRENT[_find_line(spelled)], is_retired=True)
    if spelled == "claude" or _OPENAI.fullmatch(spelled):
        return _Found(active, is_other=True)
    raise ModelNotFound(_describe_unknown(requested, known.live), param="model")


def _grant_wishes(found: _Found, wishes: tuple[str, ...]) -> _Found:
    """Add the effort that a name asks for, and what it asks for and does not get."""
    if not wishes:
        return found
    rules = resolve_rules(found.model)
    efforts, ignored = list[str](), list[str]()
    for wish in wishes:
        size = _SIZE.match(wish)
        effort = rules.default_effort if wish in _THINKING_WISHES else _EFFORT_WISHES.get(wish)
        if effort is not None and rules.thinking != "none":
            efforts.append(effort)
        # A size in thousands is a budget for thinking at some services, and a context at others.
        elif size is None or int(size[1]) * 1_000_000 > rules.context:
            ignored.append(wish)
    # `thinking-high`: the level says more.
    named = [effort for wish, effort in _EFFORT_WISHES.items() if wish in wishes and efforts]
    effort = next(iter(named or efforts), None)
    return replace(found, effort=effort, ignored=tuple(ignored))


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
        # The API has no other snapshots than those of the table and of its list.
        return plain
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
        notices = resolved.notices if warning is None else (*resolved.notices, warning)
        return replace(resolved, notices=notices)
    if successor == model:
        # Nothing newer is known, so Claude's own answer is better than a guess.
        return resolved
    notice = f"model: {model} is retired; {successor} is used instead"
    if resolved.notices:
        # The name did not name this model: say what is used instead of the name, too.
        notice = f"model: {successor} is used instead of {requested}, as {model} is retired"
    return replace(resolved, model=successor, notices=(notice,))


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
    if _EMBEDDING.search(name):
        return f"The model `{name}` is for embeddings: use /v1/embeddings."
    known = sorted({*(rules.id for rules in RULES), ECHO, *live})
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    hint = (
        f" Did you mean {', '.join(near)}?"
        if near
        else " The models are listed by `claude-bridge models` and GET /v1/models."
    )
    return f"The model `{name}` does not exist.{hint}"
