"""Find the rule that applies to a request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridge.models.rules import ECHO
from bridge.models.spelling import normalize_name
from bridge.wire.routing.name_patterns import matches_name
from bridge.wire.routing.rule import RoutingRule


def find_rule(
    rules: Sequence[RoutingRule], client: str, key: str, model: str
) -> tuple[int, RoutingRule] | None:
    """Return the first rule that matches a request, and its index; None if none does.

    `client` is the name of the client, `key` that of its access key, and `model` what it sent.
    """
    if not rules:
        return None
    names = _list_spellings(model)
    # The echo is for tests of a client: it must answer for itself, and never cost anything.
    if ECHO in names:
        return None
    for index, rule in enumerate(rules):
        if (
            _matches(rule.client, [client])
            and _matches(rule.key, [key])
            and _matches(rule.model, names)
        ):
            return index, rule
    return None


def _list_spellings(model: str) -> list[str]:
    """Return a model's name as the client sent it, and in Anthropic's spelling."""
    name = model.strip() or "default"
    return [name, normalize_name(name).name]


def _matches(pattern: str, names: Iterable[str]) -> bool:
    return any(matches_name(pattern, name) for name in names)
