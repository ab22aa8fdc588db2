"""The judge itself: what it lets through, and what it refuses as the real API does."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from tests.fake_anthropic.checks.binding import sign
from tests.fake_anthropic.checks.request import check
from tests.fake_anthropic.rules import MODELS

TEXT = {"type": "text", "text": "Hi"}
CALL = {"type": "tool_use", "id": "t1", "name": "add", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "2"}
CLICK = {**CALL, "name": "screenshot", "toolset_name": "computer"}
TOOL = {"name": "add", "input_schema": {"type": "object"}}
COMPUTER = {"type": "computer_toolset_20260801"}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
MARK = {"cache_control": {"type": "ephemeral"}}
OLD = {"anthropic-version": "2023-06-01"}
NEW = {"anthropic-version": "2026-10-21"}
HAIKU = "claude-haiku-4-5"
BINDING = {**NEW, "anthropic-beta": "thinking-binding-controls-2026-08-01"}
DROP = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks) or [TEXT]}


def claude(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def system(text: str = "Be brief.") -> dict[str, Any]:
    return {"role": "system", "content": [{"type": "text", "text": text}]}


def tool(schema: Any, **more: Any) -> dict[str, Any]:
    return {"tools": [{"name": "add", "input_schema": schema, **more}]}


def form(schema: Any) -> dict[str, Any]:
    return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def nest(part: Any, key: str = "a") -> dict[str, Any]:
    return {"type": "object", "properties": {key: part}}


def many(count: int, part: Any, *also: str) -> dict[str, Any]:
    """A closed object with so many properties; `also`: they are all required, too."""
    names = [f"p{number}" for number in range(count)]
    return closed(**dict.fromkeys(names, part)) | dict.fromkeys(also, names)


def strict_tools(count: int) -> dict[str, Any]:
    """Tools with one optional property each."""
    names = [f"t{number}" for number in range(count)]
    schema = {**closed(a={"type": "string"}), "required": []}
    return {"tools": [{"name": name, "input_schema": schema, "strict": True} for name in names]}


def image(size: tuple[int, int] = (8, 6), kind: str = "png", **more: Any) -> dict[str, Any]:
    picture = io.BytesIO()
    Image.new("1", size).save(picture, "PNG")
    data = base64.b64encode(picture.getvalue()).decode()
    source = {"type": "base64", "media_type": f"image/{kind}", "data": data}
    return {"type": "image", "source": source, **more}


def verdict(
    model: str = "claude-sonnet-5-5", headers: dict[str, str] = NEW, **body: Any
) -> str | None:
    """The rejection's words, or None."""
    refused = check({"model": model, "max_tokens": 100, "messages": [user()], **body}, headers)
    return refused.message if refused else None


RIGHT: list[dict[str, Any]] = [
    {},
    {"max_tokens": 0},
    {"max_tokens": 128_000, "stream": True},
    {"messages": [{"role": "user", "content": "Hi"}]},
    {"messages": ({"role": "user", "content": (TEXT,)},)},
    {"messages": [user(), claude(TEXT), user()]},
    {"tools": [TOOL], "messages": [user(), user(), claude(CALL), user(RESULT, TEXT)]},
    {"tools": [TOOL], "messages": [user(), claude(CALL), user(RESULT), claude(CALL), user(RESULT)]},
    {"tools": [TOOL], "messages": [user(), claude(CALL), user(RESULT), user()]},
    {"messages": [user(), system()]},
    {"messages": [user(), system(), claude(TEXT), user()]},
    {"tools": [TOOL], "messages": [user(), claude(CALL), user(RESULT), system()]},
    {"system": "Be brief.", "metadata": {"user_id": "u-1"}},
    {"system": [TEXT], "tools": [TOOL], "tool_choice": {"type": "auto"}},
    {"tools": [TOOL], "tool_choice": {"type": "none"}},
    {"tools": [TOOL, SEARCH, COMPUTER]},
    {"tools": [{"type": "web_search_20260318", "name": "web_search"}]},
    {"tools": [{**COMPUTER, "configs": {"zoom": {"enabled": False}}}]},
    {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
    {"thinking": {"type": "adaptive", "display": "summarized"}},
    {"thinking": {"type": "between_tools"}, "output_config": {"effort": "high"}},
    {"headers": BINDING, "thinking": DROP},
    {"model": "claude-opus-5", "thinking": {"type": "disabled"}},
    {"model": "claude-opus-5-5", "speed": "fast"},
    {"model": HAIKU, "max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 1024}},
    {"model": HAIKU, "messages": [user(), claude(TEXT)]},
    {"model": HAIKU, "headers": OLD, "temperature": 0.5, "top_k": 5},
    {"model": "claude-opus-4-6", "headers": OLD, "top_p": 1},
    {"model": "claude-opus-4-5", "output_config": {"effort": "high"}},
    {"model": "claude-opus-5", "tools": [TOOL], "tool_choice": {"type": "any"}},
    {"model": "claude-haiku-5-5", "tools": [TOOL], "tool_choice": {"type": "tool", "name": "add"}},
    {"model": "claude-fable-5", "tools": [TOOL], "tool_choice": {"type": "any"}},
    {"model": "claude-haiku-4-5-20251001"},
    form(closed(a={"type": "string", "pattern": "^a+$", "format": "date"})),
    form(closed(a={"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/b"}]}, "minItems": 1})),
    form({**closed(a={"$ref": "#/$defs/B"}), "$defs": {"B": closed(c={"type": "null"})}}),
    tool({**closed(a={"type": "string"}), "required": ["a"]}, strict=True),
    tool({"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}),
    tool(nest(nest({}, "only the root is checked"))),
    tool(many(30, {})),
    {**strict_tools(12), **form(many(12, {}))},
    form(many(16, {"anyOf": [{"type": "string"}, {"type": "null"}]}, "required")),
    {"system": [{**TEXT, **MARK}] * 4},
    {"messages": [user(image())]},
    {"messages": [user(image((4000, 3000)))]},
    {"messages": [user(*[image()] * 21)]},
    {
        "tools": [TOOL],
        "messages": [user(), claude(CALL), user({**RESULT, "content": [TEXT, image()]})],
    },
    {
        "tools": [COMPUTER],
        "messages": [user(), claude(CLICK), user({**RESULT, "toolset_name": "computer"})],
    },
]


@pytest.mark.parametrize("body", RIGHT)
def test_what_is_right_passes(body: dict[str, Any]) -> None:
    assert verdict(**body) is None


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_takes_a_plain_request(model: str) -> None:
    assert verdict(model) is None


WRONG_SHAPE: list[tuple[dict[str, Any], str]] = [
    ({"frobnicate": 1}, "frobnicate: Extra inputs are not permitted"),
    ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
    ({"max_tokens": 1.5}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": 128_001}, "max_tokens: 128001 > 128000, which is the maximum allowed"),
    ({"model": HAIKU, "max_tokens": 64_001}, "max_tokens: 64001 > 64000"),
    ({"messages": []}, "messages: at least one message is required"),
    ({"messages": "Hi"}, "messages: Input should be a valid list"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be 'user', "),
    ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
    ({"messages": [{**user(), "name": "Bo"}]}, "messages.0.name: Extra inputs"),
    ({"messages": [{"role": "user", "content": ""}]}, "messages.0: all messages must have non-em"),
    ({"messages": [{"role": "user", "content": " "}]}, "must contain non-whitespace text"),
    ({"messages": [user({"type": "text", "text": ""})]}, "text content blocks must be non-empty"),
    ({"messages": [user({"type": "text", "text": "\n"})]}, "must contain non-whitespace text"),
    ({"system": [{"type": "text", "text": ""}]}, "text content blocks must be non-empty"),
    ({"system": [image()]}, "system.0.type: Input should be 'text'"),
    ({"messages": [user({"type": "text", "text": "x", "mood": 1})]}, "0.text.mood: Extra inputs"),
    ({"messages": [user({**TEXT, "citations": [{}]})]}, "text.citations: Extra inputs"),
    ({"messages": [user({"type": "audio"})]}, "messages.0.content.0: Input tag 'audio' found"),
    ({"messages": [user({"text": "x"})]}, "messages.0.content.0.type: Field required"),
    ({"messages": [user(CALL)]}, "`tool_use` blocks are not allowed in `user` messages"),
    ({"messages": [user(), claude(RESULT)]}, "`tool_result` blocks are not allowed in `assistant`"),
    (
        {"messages": [user({"type": "document", "source": {"type": "url", "url": "http://a/b"}})]},
        "source.url.url: Only HTTPS URLs are supported.",
    ),
    ({"messages": [user(), claude({"type": "document", "source": {}})]}, "`document` blocks are"),
    ({"messages": [user(), claude({"type": "thinking", "thinking": ""})]}, "signature: Field req"),
    ({"stop_sequences": [" "]}, "stop_sequences.0: each stop sequence must contain non-whitespace"),
    ({"stop_sequences": ["x"] * 8193}, "stop_sequences: List should have at most 8192 items"),
    ({"metadata": {"user_id": "a@b.c"}}, "metadata.user_id: user_id appears to contain an email"),
    ({"metadata": {"user_id": "a" * 257}}, "metadata.user_id: String should have at most 256"),
    (
        {"system": [{**TEXT, **MARK}] * 5},
        "A maximum of 4 blocks with cache_control may be provided",
    ),
    ({"system": [{**TEXT, **MARK}] * 4, **MARK}, "provided. Found 5."),
    ({"cache_control": {"type": "forever"}}, "cache_control.type: Input should be 'ephemeral'"),
    ({"system": "word " * 1_000_000}, "prompt is too long: 1250001 tokens > 1000000 maximum"),
]
WRONG_TURNS: list[tuple[dict[str, Any], str]] = [
    ({"messages": [claude(TEXT), user()]}, 'first message must use the "user" role'),
    ({"messages": [user(), claude(CALL), user()]}, "messages.1: `tool_use` ids were found without"),
    ({"messages": [user(), claude(CALL)]}, "messages.1: `tool_use` ids were found without"),
    ({"messages": [user(RESULT)]}, "messages.0.content.0: unexpected `tool_use_id` found"),
    ({"messages": [user(), claude(CALL), user(RESULT, RESULT)]}, "must have a single result"),
    ({"messages": [user(), claude(CALL), user(TEXT, RESULT)]}, "`tool_result` blocks must come fi"),
    ({"messages": [user(), claude(CALL, CALL), user(RESULT)]}, "`tool_use` ids must be unique"),
    ({"messages": [user(), claude({**CALL, "id": "a.b"})]}, "tool_use.id: String should match pat"),
    ({"messages": [user(), claude({**CALL, "input": "x"})]}, "input: Input should be a valid dict"),
    ({"messages": [user(), claude(CLICK), user(RESULT)]}, "tool_result.toolset_name: must equal"),
    ({"messages": [system(), user()]}, "messages.0: a system message cannot be the first"),
    ({"messages": [user(), system(), user()]}, "messages.1: a system message must follow a user"),
    ({"messages": [user(), claude(TEXT), system()]}, "messages.2: a system message must follow"),
    ({"model": "claude-sonnet-5", "messages": [user(), system()]}, "`system` is not supported"),
    ({"messages": [user(), claude(TEXT)]}, "does not support assistant message prefill"),
    ({"model": "claude-opus-4-6", "messages": [user(), claude(TEXT)]}, "assistant message prefill"),
    (
        {"model": HAIKU, "messages": [user(), claude({"type": "text", "text": "1, "})]},
        "final assistant content cannot end with trailing whitespace",
    ),
]
WRONG_TOOLS: list[tuple[dict[str, Any], str]] = [
    (
        {"messages": [user(), claude(CALL), user(RESULT)]},
        "Requests which include `tool_use` or `tool_result` blocks must define tools",
    ),
    ({"tools": [TOOL, TOOL]}, "tools: Tool names must be unique."),
    ({"tools": [{**TOOL, "name": "a b"}]}, "tools.0.custom.name: String should match pattern"),
    ({"tools": [{**TOOL, "name": "a" * 129}]}, "tools.0.custom.name: String should match pattern"),
    ({"tools": [{**TOOL, "parameters": {}}]}, "tools.0.custom.parameters: Extra inputs"),
    ({"tools": [{"name": "a"}]}, "tools.0.custom.input_schema: Field required"),
    (tool({}), "tools.0.custom.input_schema.type: Field required"),
    (tool({"type": "array"}), "tools.0.custom.input_schema.type: Input should be 'object'"),
    (tool({"type": "object", "anyOf": []}), "does not support oneOf, allOf, or anyOf at the top"),
    (tool({"type": "object", "required": True}), "must match JSON Schema draft 2020-12"),
    (tool(nest({"type": "float"})), "must match JSON Schema draft 2020-12"),
    (tool(nest({"exclusiveMinimum": True})), "must match JSON Schema draft 2020-12"),
    (tool(nest({"items": [{}]})), "must match JSON Schema draft 2020-12"),
    (tool(nest({"description": None})), "must match JSON Schema draft 2020-12"),
    (tool(nest({}, "filter[a]")), "input_schema.properties: Property keys should match pattern"),
    (tool(nest({}, "a" * 65)), "input_schema.properties: Property keys should match pattern"),
    (tool(nest({}, "größe")), "input_schema.properties: Property keys should match pattern"),
    (form(many(25, {})), "too many optional parameters (25)"),
    ({**strict_tools(13), **form(many(12, {}))}, "too many optional parameters (25)"),
    (form(many(17, {"type": ["string", "null"]}, "required")), "types (17 parameters"),
    (form(many(400, {"enum": ["a" * 60]}, "required")), "The compiled grammar is too large"),
    (tool(closed(a={"type": "string"}), strict=True), "input_schema.required: Field required"),
    (tool({"type": "object"}, strict=True), "'additionalProperties' must be explicitly set to fa"),
    ({"tools": [{"type": "web_search_1999", "name": "web_search"}]}, "Input tag 'web_search_1999'"),
    ({"tools": [{**SEARCH, "name": "find"}]}, "name: Input should be 'web_search'"),
    ({"tools": [{**COMPUTER, "name": "computer"}]}, "computer_toolset_20260801.name: Extra inputs"),
    ({"tools": [{**COMPUTER, "configs": {"fly": {}}}]}, "configs.fly: Extra inputs"),
    ({"model": HAIKU, "tools": [COMPUTER]}, "does not support tool types: computer_toolset_2026"),
    ({"model": "claude-opus-4-7", "tools": [COMPUTER]}, "does not support tool types"),
    ({"tool_choice": {"type": "auto"}}, "tool_choice may only be specified while providing tools"),
    ({"tools": [TOOL], "tool_choice": {"type": "any"}}, "`any` is not supported on this model"),
    (
        {"model": "claude-opus-5", "tools": [TOOL], "tool_choice": {"type": "tool", "name": "sub"}},
        "tool_choice.name: Tool 'sub' not found in provided tools",
    ),
    (
        {
            "model": HAIKU,
            "max_tokens": 2000,
            "tools": [TOOL],
            "tool_choice": {"type": "any"},
            "thinking": {"type": "enabled", "budget_tokens": 1024},
        },
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
]
WRONG_PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"temperature": 0.5}, "temperature: Extra inputs are not permitted"),
    ({"model": HAIKU, "temperature": 0.5}, "temperature: Extra inputs are not permitted"),
    ({"headers": OLD, "temperature": 0.5}, "`temperature` is not supported on this model."),
    ({"model": HAIKU, "headers": OLD, "temperature": 1.5}, "temperature: range: 0..1"),
    (
        {"model": HAIKU, "headers": OLD, "temperature": 1, "top_p": 1},
        "`temperature` and `top_p` cannot both be specified",
    ),
    ({"thinking": {"type": "disabled"}}, "thinking.type: disabled is not supported"),
    ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "enabled is not supported"),
    ({"model": HAIKU, "thinking": {"type": "adaptive"}}, "adaptive is not supported"),
    ({"model": "claude-opus-5-5", "thinking": {"type": "disabled"}}, "disabled is not supported"),
    ({"model": HAIKU, "thinking": {"type": "enabled", "budget_tokens": 99}}, "equal to 1024"),
    (
        {"model": HAIKU, "thinking": {"type": "enabled", "budget_tokens": 1024}},
        "`max_tokens` must be greater than `thinking.budget_tokens`.",
    ),
    ({"thinking": DROP}, "thinking.adaptive.block_binding: Extra inputs are not permitted"),
    (
        {"thinking": {"type": "between_tools"}, "output_config": {"effort": "max"}},
        "thinking.type: between_tools is not supported at effort 'max'",
    ),
    (
        {"model": HAIKU, "output_config": {"effort": "low"}},
        "This model does not support the effort parameter.",
    ),
    (
        {"model": "claude-opus-4-6", "output_config": {"effort": "xhigh"}},
        "does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
    ),
    ({"speed": "fast"}, "speed: `fast` is not supported on this model."),
    (form({"type": "object"}), "'additionalProperties' must be explicitly set to false"),
    (form(closed(a={"type": "object"})), "schema.properties.a: For 'object' type, 'additionalPr"),
    (form({"type": "string", "minLength": 1}), "property 'minLength' is not supported"),
    (form({"type": "integer", "minimum": 1}), "property 'minimum' is not supported"),
    (form({"type": "array", "maxItems": 3}), "property 'maxItems' is not supported"),
    (form({"type": "array", "minItems": 2}), "'minItems' values other than 0 or 1"),
    (form({"oneOf": [{"type": "string"}]}), "property 'oneOf' is not supported"),
    (form({"type": "string", "pattern": "(?=a)"}), "Unsupported regex pattern"),
    (form({"type": "string", "format": "color"}), "format 'color' is not supported"),
    (
        form({**closed(a={"$ref": "#/$defs/B"}), "$defs": {"B": closed(b={"$ref": "#/$defs/B"})}}),
        "Recursive schemas are not supported",
    ),
]
BROKEN = {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}
EXACT: Any = {"transformations": {"oversized_image": "error"}}
WRONG_IMAGES: list[tuple[dict[str, Any], str]] = [
    ({"messages": [user(image(kind="jpeg"))]}, "but the image appears to be a image/png image"),
    ({"messages": [user(image(kind="jpg"))]}, "image.source.base64.media_type: Input should be"),
    ({"messages": [user({"type": "image", "source": BROKEN})]}, "Could not process image"),
    (
        {"messages": [user({"type": "image", "source": {**BROKEN, "data": "@"}})]},
        "messages.0.content.0.image.source.base64.data: Invalid base64 data",
    ),
    ({"messages": [user(image((8001, 1)))]}, "exceed max allowed size: 8000 pixels"),
    ({"messages": [user(image((2577, 9), **EXACT))]}, "2577x9 exceed this model's maximum of 2576"),
    ({"tools": [COMPUTER], "messages": [user(image((2500, 2000)))]}, "and 3.75 megapixels"),
    ({"messages": [user(*[image((2001, 9))] * 21)]}, "for many-image requests: 2000 pixels"),
    (
        {"messages": [user({"type": "image", "source": {"type": "url", "url": "data:x"}})]},
        "image.source.url.url: Only HTTP(S) URLs are supported",
    ),
]


@pytest.mark.parametrize(
    ("body", "words"),
    [*WRONG_SHAPE, *WRONG_TURNS, *WRONG_TOOLS, *WRONG_PARAMETERS, *WRONG_IMAGES],
)
def test_what_is_wrong_is_refused(body: dict[str, Any], words: str) -> None:
    assert words in (verdict(**body) or "accepted")


@pytest.mark.parametrize("field", ["model", "max_tokens", "messages"])
def test_a_required_field_is_missed_by_name(field: str) -> None:
    body = {"model": HAIKU, "max_tokens": 9, "messages": [user()]}
    del body[field]
    refused = check(body, NEW)
    assert refused is not None
    assert (refused.status, refused.message) == (400, f"{field}: Field required")


@pytest.mark.parametrize("model", ["claude-3-opus-20240229", "claude-sonnet-4-0", "gpt-9"])
def test_a_retired_or_unknown_model_is_not_found(model: str) -> None:
    refused = check({"model": model, "max_tokens": 9, "messages": [user()]}, NEW)
    assert refused is not None
    assert (refused.status, refused.type) == (404, "not_found_error")
    assert refused.message == f"model: {model}"


def test_counting_takes_no_max_tokens() -> None:
    body = {"model": HAIKU, "messages": [user()]}
    assert check(body, NEW, counting=True) is None
    refused = check({**body, "max_tokens": 9}, NEW, counting=True)
    assert refused is not None
    assert refused.message == "max_tokens: Extra inputs are not permitted"


FIRST: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "system": "Be kind.",
    "tools": [TOOL],
    "messages": [user()],
}
THOUGHT = {"type": "thinking", "thinking": "", "signature": sign(FIRST)}
AGAIN: dict[str, Any] = {**FIRST, "messages": [user(), claude(THOUGHT, CALL), user(RESULT)]}
OTHER = {**TOOL, "name": "sub"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"messages": [{"role": "user", "content": "Hi"}, *AGAIN["messages"][1:]]},
        {"messages": [user({**TEXT, **MARK}), *AGAIN["messages"][1:]]},
        {"system": [{"type": "text", "text": "Be kind.", **MARK}]},
        {"tools": [{**TOOL, **MARK}]},
        {"tool_choice": {"type": "none"}},
        {"system": "Be rude.", "headers": BINDING, "thinking": DROP},
    ],
)
def test_thinking_may_come_back_to_its_own_conversation(change: dict[str, Any]) -> None:
    assert verdict(**{**AGAIN, **change}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"model": "claude-opus-5"},
        {"system": "Be rude."},
        {"tools": [TOOL, OTHER]},
        {"messages": [user(TEXT, TEXT), *AGAIN["messages"][1:]]},
    ],
)
def test_thinking_is_bound_to_its_conversation(change: dict[str, Any]) -> None:
    words = verdict(**{**AGAIN, **change}) or "accepted"
    assert words.startswith("messages.1.content.0: Invalid `signature` in `thinking` block")
    assert "bound to a different conversation" in words


def test_reordered_tools_are_no_edit() -> None:
    first = {**FIRST, "tools": [TOOL, OTHER]}
    thought = {**THOUGHT, "signature": sign(first)}
    messages = [user(), claude(thought, TEXT), user()]
    assert verdict(**{**first, "tools": [OTHER, TOOL], "messages": messages}) is None


def test_thinking_of_the_4_models_is_not_bound() -> None:
    assert verdict(**{**AGAIN, "model": "claude-opus-4-8", "system": "Be rude."}) is None
