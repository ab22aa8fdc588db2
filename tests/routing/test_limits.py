"""The price limit of a rule holds for every prompt."""

from __future__ import annotations

import pytest

from bridge.routing.limits import explain_price
from bridge.wire.routing.rule import RoutingRule


@pytest.mark.parametrize(
    ("model", "limit", "problem"),
    [
        ("claude-opus-5-5", 20, None),
        ("claude-opus-5-5", 19.99, "and claude-opus-5-5 costs $20"),
        ("claude-haiku-4-5-20251001", 5, None),
        ("claude-haiku-5-5", 2.5, None),
        ("claude-haiku-5-5", 1, "costs $2.50 for prompts of more than 100,000 tokens"),
        ("claude-saga-9", 1000, "and the list price of claude-saga-9 is not known"),
        ("bridge-echo", 0.01, None),
    ],
)
def test_a_model_over_the_limit_is_explained(model: str, limit: float, problem: str | None) -> None:
    words = explain_price(RoutingRule(name="Cheap", max_price=limit), model)
    if problem is None:
        assert words is None
    else:
        assert words is not None
        assert words.endswith(problem)
        assert words.startswith(f"the rule “Cheap” allows ${limit:g} per million output tokens, ")


def test_without_a_limit_every_model_is_allowed() -> None:
    assert explain_price(None, "claude-saga-9") is None
    assert explain_price(RoutingRule(name="Any", effort="low"), "claude-saga-9") is None
