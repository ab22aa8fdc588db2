"""Rules in the user's file: what is accepted, and which error names the mistake."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.computer.rules.rule import Rule


@pytest.mark.parametrize(
    "fields",
    [
        {"where": "element", "words": ["archive"]},
        {"where": "dialog", "words": ["archive"], "roles": ["confirming button"]},
        {"where": "role", "words": ["password field", "terminal"]},
        {"where": "click", "words": ["switch", "untold control"]},
        {"where": "form", "words": ["card"]},
        {"where": "drop", "words": ["archive"]},
        {"where": "title", "words": ["bank"], "roles": ["unknown", "button"]},
    ],
)
def test_a_rule_may_look_at_elements(fields: dict[str, Any]) -> None:
    assert Rule.model_validate({"risk": "x", **fields}).where == fields["where"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"where": "role", "words": ["knob"]}, "`knob` is none of"),
        ({"where": "click", "words": ["knob"]}, "`knob` is none of"),
        ({"where": "form", "words": ["iban"]}, "`iban` is none of: card, password"),
        ({"where": "element", "words": ["x"], "roles": ["knob"]}, "`knob` is none of"),
        ({"where": "element"}, "`words` are needed"),
        ({"where": "somewhere", "words": ["x"]}, "where"),
    ],
)
def test_a_mistake_in_a_rule_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        Rule.model_validate({"risk": "x", **fields})
