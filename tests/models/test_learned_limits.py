"""Rules learned from refusals; the messages are the strict fake's and the documentation's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.models.learned_limits import learn_limits
from bridge.models.names import resolve_rules

OPUS_46 = resolve_rules("claude-opus-4-6")
HAIKU_45 = resolve_rules("claude-haiku-4-5")
OPUS_5 = resolve_rules("claude-opus-5")


@pytest.mark.parametrize(
    ("rules", "refusal", "change"),
    [
        (
            OPUS_5,
            "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens",
            {"max_output": 64_000},
        ),
        (OPUS_46, "`temperature` is not supported on this model.", {"sampling": False}),
        (OPUS_46, "temperature: Extra inputs are not permitted", {"sampling": False}),
        (
            HAIKU_45,
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message.",
            {"prefill": False},
        ),
        (
            OPUS_5,
            "tool_choice.type: `any` is not supported on this model. Use `auto` or `none`.",
            {"forced_tools": False},
        ),
        (
            OPUS_5,
            "messages.2.role: `system` is not supported on this model.",
            {"mid_system": False},
        ),
        (
            OPUS_5,
            "This model does not support effort level 'max'. Supported levels: high, low, medium.",
            {"efforts": ("low", "medium", "high")},
        ),
        (OPUS_5, "This model does not support the effort parameter.", {"efforts": ()}),
        (
            OPUS_5,
            "thinking.type: disabled is not supported on this model. Supported: adaptive.",
            {"thinking": "always"},
        ),
        (
            OPUS_5,
            "thinking.type: disabled is not supported on this model. "
            "Supported: adaptive, between_tools.",
            {"thinking": "between_tools"},
        ),
        (
            OPUS_5,
            "thinking.type: adaptive is not supported on this model. Supported: disabled, enabled.",
            {"thinking": "budget"},
        ),
        (
            OPUS_5,
            "output_config.format: Extra inputs are not permitted",
            {"structured": False, "strict_tools": False},
        ),
        (
            OPUS_5,
            "tools.0.custom.eager_input_streaming: Extra inputs are not permitted",
            {"eager_tools": False},
        ),
        (
            OPUS_5,
            "tools.3.custom.input_schema: For 'string' type, format 'x' is not supported",
            {"strict_tools": False},
        ),
    ],
)
def test_a_known_refusal_changes_its_rule(rules: Any, refusal: str, change: Any) -> None:
    assert learn_limits(rules, refusal) == replace(rules, **change)


@pytest.mark.parametrize(
    "refusal",
    [
        "messages.0.content.0.text: text content blocks must be non-empty",
        "`temperature` is not supported on this model.",
        "prompt is too long: 1000001 tokens > 1000000 maximum",
    ],
)
def test_an_unrelated_refusal_changes_nothing(refusal: str) -> None:
    assert learn_limits(OPUS_5, refusal) is None
