"""The profile `fast`: a rule with a model and an effort, which the rule's own fields override."""

from __future__ import annotations

import pytest

from bridge.models.names import resolve_rules
from bridge.routing.profile import apply_profile, list_profile_rules
from bridge.wire.routing.rule import RoutingRule

HAIKU = resolve_rules("claude-haiku-5-5")


@pytest.mark.parametrize(
    ("fields", "model", "effort"),
    [
        ({"profile": "fast"}, "haiku", "none"),
        ({"profile": "fast", "use_model": "sonnet"}, "sonnet", "none"),
        ({"profile": "fast", "effort": "low"}, "haiku", "low"),
        ({"max_price": 5}, None, None),
    ],
)
def test_a_profile_has_a_model_and_an_effort(
    fields: dict[str, object], model: str | None, effort: str | None
) -> None:
    rule = RoutingRule.model_validate({"name": "Dictation", **fields})
    assert (rule.chosen_model, rule.chosen_effort) == (model, effort)


def test_the_setting_is_a_rule_for_every_request() -> None:
    assert list_profile_rules("none") == ()
    (rule,) = list_profile_rules("fast")
    assert (rule.client, rule.key, rule.model, rule.profile) == ("*", "*", "*", "fast")


def test_only_a_profile_changes_what_is_cached() -> None:
    assert apply_profile(None, HAIKU) is HAIKU
    assert apply_profile(RoutingRule(name="Low", effort="low"), HAIKU) is HAIKU
    rule = RoutingRule(name="Dictation", profile="fast")
    assert not apply_profile(rule, HAIKU).caches_messages
