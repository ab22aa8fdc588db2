"""What a profile changes: a rule for all requests, and where Claude's cache ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bridge.models.rules import ModelRules
from bridge.wire.routing.rule import RoutingRule


def list_profile_rules(profile: Literal["none", "fast"]) -> tuple[RoutingRule, ...]:
    """Return the rule by which the setting `profile` applies to all other requests."""
    return () if profile == "none" else (RoutingRule(name="setting profile", profile=profile),)


def apply_profile(rule: RoutingRule | None, rules: ModelRules) -> ModelRules:
    """Return a model's rules as the profile of the user's rule has them.

    The text to improve never comes a second time, but the instructions for it do.
    """
    if rule is None or rule.profile is None:
        return rules
    return replace(rules, caches_messages=False)
