"""Rules learned from refusals; the messages are the strict fake's and the documentation's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.models.learned_limits import (
    MOST_MODELS,
    MOST_SCHEMAS,
    Correction,
    LearnedLimits,
    count_optional,
    count_unions,
    digest_schema,
    learn_limits,
    learn_schemas,
)
from bridge.models.names import resolve_rules
from bridge.wire.messages import MessagesRequest

SCHEMA: Any = {"type": "object", "properties": {}, "additionalProperties": False}
OTHER: Any = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}
REQUEST = MessagesRequest(
    "m",
    9,
    (),
    tools=(
        {"name": "strict", "input_schema": SCHEMA, "strict": True},
        {"name": "loose", "input_schema": SCHEMA},
        {"name": "other", "input_schema": OTHER, "strict": True},
    ),
    output_config={"format": {"type": "json_schema", "schema": OTHER}},
)
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
            "tools.0.custom.strict: Extra inputs are not permitted",
            {"strict_tools": False},
        ),
    ],
)
def test_a_known_refusal_changes_its_rule(rules: Any, refusal: str, change: Any) -> None:
    correction = learn_limits(rules, REQUEST, refusal)
    assert correction is not None
    assert correction.general
    assert correction.apply(rules) == replace(rules, **change)


@pytest.mark.parametrize(
    "refusal",
    [
        "messages.0.content.0.text: text content blocks must be non-empty",
        "`temperature` is not supported on this model.",
        "prompt is too long: 1000001 tokens > 1000000 maximum",
        f"max_tokens: 5 > {'9' * 5000}, which is the maximum",
        "tools.1.custom.input_schema: JSON schema is invalid",
        "tools.9.custom.input_schema: JSON schema is invalid",
    ],
)
def test_an_unrelated_refusal_changes_nothing(refusal: str) -> None:
    assert learn_limits(OPUS_5, REQUEST, refusal) is None


@pytest.mark.parametrize(
    ("refusal", "schemas"),
    [
        ("tools.0.custom.input_schema: JSON schema is invalid", [[SCHEMA]]),
        ("tools.2.input_schema: format 'x' is not supported", [[OTHER]]),
        ("tools.0.custom.strict: such a `$ref` is not supported", [[SCHEMA]]),
        ("Too many strict tools", [[SCHEMA, OTHER]]),
        ("The compiled grammar is too large", [[SCHEMA, OTHER]]),
        ("output_config.format.schema: `x` is not supported", [[OTHER]]),
        ("Schema is too complex for compilation. Try to simplify it.", [[SCHEMA, OTHER]]),
        ("Grammar compilation timed out.", [[SCHEMA, OTHER]]),
        (
            "Schemas contains too many optional parameters (25), which would make grammar "
            "compilation inefficient. Reduce the number of optional parameters (limit: 24).",
            [[SCHEMA, OTHER]],
        ),
        (
            "Schemas contains too many optional parameters (2), which would make grammar "
            "compilation inefficient. Reduce the number of optional parameters (limit: 0).",
            [[OTHER]],
        ),
        (
            "Schemas contains too many parameters with union types (17 parameters with type "
            "arrays or anyOf). Reduce the number of union-typed parameters (limit: 16).",
            [[SCHEMA, OTHER]],
        ),
    ],
)
def test_a_refused_schema_is_a_correction_about_that_schema(refusal: str, schemas: Any) -> None:
    correction = learn_limits(OPUS_5, REQUEST, refusal)
    assert correction is not None
    expected = tuple(frozenset(map(digest_schema, together)) for together in schemas)
    assert (dict(correction.changes), correction.schemas) == ({}, expected)


@pytest.mark.parametrize(
    ("refusal", "schemas"),
    [
        ("tools.1.custom.input_schema: JSON schema is invalid", [SCHEMA]),
        ("tools.2.custom.input_schema.type: Field required", [OTHER]),
        ("output_config.format.schema: `x` is not supported", [OTHER]),
        ("tools.9.custom.input_schema: JSON schema is invalid", None),
        ("`temperature` is not supported on this model.", None),
        ("messages.0.content: Field required", None),
    ],
)
def test_a_request_that_is_passed_through_teaches_only_schemas(refusal: str, schemas: Any) -> None:
    correction = learn_schemas(OPUS_46, REQUEST, refusal)
    learned = None if correction is None else correction.schemas
    assert learned == (schemas and (frozenset(map(digest_schema, schemas)),))


def test_the_order_of_keys_and_odd_values_do_not_matter_for_a_digest() -> None:
    assert digest_schema({"a": 1, "b": 2}) == digest_schema({"b": 2, "a": 1})
    assert digest_schema({"a": "\ud800"}) != digest_schema({"a": 2**70})


def test_what_counts_for_the_limits_of_a_grammar() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": ["string", "null"]},
            "b": {"anyOf": [{"type": "string"}, {"properties": {"c": {}}, "required": ["c"]}]},
        },
        "required": ["a"],
        "$defs": {"d": {"type": "object", "properties": {"e": {}}}},
    }
    assert (count_optional(schema), count_unions(schema)) == (2, 2)


@pytest.mark.parametrize(
    "refusal",
    [
        "temperature is not supported when thinking is enabled",
        "tool_choice: `any` is incompatible with thinking",
    ],
)
def test_a_refused_combination_is_not_remembered(refusal: str) -> None:
    correction = learn_limits(OPUS_46, REQUEST, refusal)
    assert correction is not None
    assert correction.apply(OPUS_46) != OPUS_46
    learned = LearnedLimits()
    learned.keep("anthropic", "m", correction)
    assert learned.apply("anthropic", "m", OPUS_46) == OPUS_46


def test_a_correction_is_about_one_model_at_one_backend() -> None:
    learned = LearnedLimits()
    learned.keep("anthropic", "m", Correction({"sampling": False}))
    learned.keep("anthropic", "m", Correction({"max_output": 5}))
    assert learned.apply("anthropic", "m", OPUS_46) == replace(
        OPUS_46, sampling=False, max_output=5
    )
    assert learned.apply("claude-code", "m", OPUS_46) == OPUS_46
    assert learned.apply("anthropic", "other", OPUS_46) == OPUS_46


def test_the_corrections_are_bounded() -> None:
    learned = LearnedLimits()
    for number in range(MOST_SCHEMAS + 5):
        learned.keep("anthropic", "m", Correction(schemas=(frozenset([f"{number}"]),)))
    schemas = learned.apply("anthropic", "m", OPUS_5).refused_schemas
    assert (len(schemas), schemas[-1]) == (MOST_SCHEMAS, frozenset([f"{MOST_SCHEMAS + 4}"]))
    for number in range(MOST_MODELS):
        learned.keep("anthropic", f"m{number}", Correction({"sampling": False}))
    assert learned.apply("anthropic", "m", OPUS_5) == OPUS_5
