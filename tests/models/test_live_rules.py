"""The backend's list overrides the built-in rules."""

from __future__ import annotations

from dataclasses import replace

from bridge.models.catalogue import ListedModel
from bridge.models.names import resolve_rules

NEW = ListedModel(
    "claude-opus-6",
    "Claude Opus 6",
    1,
    context=2_000_000,
    max_output=256_000,
    efforts=("low", "high"),
    thinking=("adaptive", "disabled"),
    structured=True,
)


def test_an_unknown_model_has_its_lines_rules_with_the_listed_limits() -> None:
    rules = resolve_rules("claude-opus-6", NEW)
    assert (rules.context, rules.max_output, rules.efforts) == (2_000_000, 256_000, ("low", "high"))
    assert rules.thinking == "can_disable"
    assert rules.forced_tools is False


def test_unlisted_fields_are_those_of_the_table() -> None:
    silent = ListedModel("claude-opus-4-6", "Claude Opus 4.6", 1)
    assert resolve_rules("claude-opus-4-6", silent) == resolve_rules("claude-opus-4-6")


def test_thinking_on_request_is_preserved() -> None:
    listed = ListedModel(
        "claude-opus-4-6", "", 1, thinking=("adaptive", "disabled", "enabled"), structured=True
    )
    assert resolve_rules("claude-opus-4-6", listed) == resolve_rules("claude-opus-4-6")


def test_a_model_without_structured_output_has_no_strict_tools() -> None:
    listed = ListedModel("claude-opus-5", "", 1, structured=False)
    assert resolve_rules("claude-opus-5", listed) == replace(
        resolve_rules("claude-opus-5"), structured=False, strict_tools=False
    )
