"""A list of rules is checked as a whole; an error names the rule and its field."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.errors import InvalidRequest
from bridge.server.http.request_body import validate_body
from bridge.wire.routing.control import NewRules
from bridge.wire.routing.rule import parse_rules

CURSOR = {"name": "Cursor", "use_model": "opus"}

WRONG: dict[str, tuple[Any, str]] = {
    "no list": ({"a": 1}, "must be a list of rules"),
    "no table": ([1], "rule 1: input should be a valid dictionary"),
    "no name": ([{"use_model": "opus"}], "rule 1, `name`: field required"),
    "blank name": ([{**CURSOR, "name": " "}], "rule 1, `name`: string should have at least 1"),
    "two lines": ([{**CURSOR, "name": "a\nb"}], ", `name`: must be one line without control"),
    "unknown field": ([{**CURSOR, "modell": "a"}], "rule 1 (“Cursor”), `modell`: extra inputs"),
    "empty pattern": ([{**CURSOR, "key": ""}], "rule 1 (“Cursor”), `key`: string should have"),
    "effort": (
        [CURSOR, {"name": "B", "effort": "huge"}], "rule 2 (“B”), `effort`: input should be 'none'"
    ),
    "profile": ([{"name": "B", "profile": "slow"}], "`profile`: input should be 'fast'"),
    "backend": ([{"name": "B", "backend": "offline"}], "`backend`: input should be 'anthropic' or"),
    "sign-in elsewhere": (
        [{"name": "B", "backend": "anthropic", "sign_in": "work"}],
        "rule 1 (“B”): the backend anthropic has no sign-ins: leave out one of the two",
    ),
    "price": ([{"name": "B", "max_price": 0}], "`max_price`: input should be greater than 0"),
    "price as text": ([{"name": "B", "max_price": "5"}], "`max_price`: input should be a valid"),
    "infinite price": ([{"name": "B", "max_price": float("inf")}], "should be a finite number"),
    "computer": ([{"name": "B", "computer": "no"}], "`computer`: input should be a valid boolean"),
    "no change": ([{"name": "B", "model": "gpt-*"}], "rule 1 (“B”): it changes nothing: add"),
    "same name": ([CURSOR, {**CURSOR, "name": "CURSOR"}], "rule 2 (“CURSOR”): another rule has"),
    "too many": ([{**CURSOR, "name": str(n)} for n in range(201)], "must not have more than 200"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_rule_is_named_with_its_field(case: str) -> None:
    rules, words = WRONG[case]
    with pytest.raises(ValueError) as raised:
        parse_rules(rules)
    assert words in str(raised.value)
    with pytest.raises(InvalidRequest) as refused:
        validate_body(NewRules, {"rules": rules})
    assert words in refused.value.message
    assert refused.value.param == "rules"


def test_patterns_match_anything_unless_they_are_given() -> None:
    (rule,) = parse_rules([{"name": " Low ", "effort": "low"}])
    assert (rule.name, rule.client, rule.key, rule.model) == ("Low", "*", "*", "*")


def test_a_rule_cannot_be_changed() -> None:
    (rule,) = parse_rules([CURSOR])
    with pytest.raises(ValidationError):
        rule.use_model = "haiku"  # type: ignore[misc]
