"""The first rule that matches a request applies, and no other."""

from __future__ import annotations

import fnmatch
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.routing.match import find_rule
from bridge.wire.routing.rule import RoutingRule

WORDS = st.sampled_from(
    ["cursor", "Cursor", "continue", "openai-python", "", "gpt-4o", "claude-opus-5-5", "sonnet[1m]"]
)
PATTERNS = st.sampled_from(
    ["*", "?*", "cursor", "CUR*", "*-python", "gpt-*", "claude-opus*", "sonnet[1m]", "nothing"]
)


def make_rule(**fields: Any) -> RoutingRule:
    return RoutingRule(**{"name": "rule", "use_model": "opus", **fields})


RULES = st.lists(
    st.builds(
        lambda client, key, model: make_rule(client=client, key=key, model=model),
        PATTERNS,
        PATTERNS,
        PATTERNS,
    ),
    max_size=6,
)


@given(RULES, WORDS, WORDS, WORDS)
def test_the_first_match_wins(rules: list[RoutingRule], client: str, key: str, model: str) -> None:
    single = [find_rule([rule], client, key, model) is not None for rule in rules]
    expected = next((index for index, matches in enumerate(single) if matches), None)
    found = find_rule(rules, client, key, model)
    assert found == (None if expected is None else (expected, rules[expected]))


@given(RULES, RULES, WORDS, WORDS, WORDS)
def test_a_rule_that_matches_nothing_changes_nothing(
    before: list[RoutingRule], after: list[RoutingRule], client: str, key: str, model: str
) -> None:
    without = find_rule([*before, *after], client, key, model)
    found = find_rule([*before, make_rule(client="nobody"), *after], client, key, model)
    assert (found and found[1]) == (without and without[1])


@given(PATTERNS, WORDS)
def test_a_pattern_is_itself_or_what_it_stands_for_in_any_capitals(pattern: str, name: str) -> None:
    found = find_rule([make_rule(client=pattern)], name, "", "gpt-4o")
    alike = fnmatch.fnmatchcase(name.lower(), pattern.lower()) or name.lower() == pattern.lower()
    assert (found is not None) is alike
    assert found == find_rule([make_rule(client=pattern)], name.upper(), "", "gpt-4o")


@pytest.mark.parametrize(
    ("pattern", "requested", "matches"),
    [
        ("gpt-4o", "gpt-4o", True),
        ("gpt-4o", " GPT-4o ", True),
        ("gpt-4o", "openai/gpt-4o", True),
        ("gpt-4o", "gpt-4o-mini", False),
        ("gpt-*", "gpt-4o-mini", True),
        ("claude-opus*", "anthropic.claude-opus-4-6-v1:0", True),
        ("anthropic.*", "anthropic.claude-opus-4-6-v1:0", True),
        ("sonnet[1m]", "sonnet[1m]", True),
        ("default", "", True),
        ("*", "bridge-echo", False),
        ("bridge-echo", "bridge-echo:latest", False),
    ],
)
def test_a_requested_model_is_matched(pattern: str, requested: str, matches: bool) -> None:
    assert (find_rule([make_rule(model=pattern)], "x", "", requested) is not None) is matches
