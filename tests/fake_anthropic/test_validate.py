"""The judge itself: what it lets through, and what it refuses as the real API does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_anthropic.validate import check

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings" / "anthropic_traffic.jsonl"
TEXT = {"type": "text", "text": "Hi"}
CALL = {"type": "tool_use", "id": "t1", "name": "add", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "2"}
TOOL = {"name": "add", "input_schema": {"type": "object"}}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks) or [TEXT]}


def claude(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def verdict(model: str = "claude-sonnet-5-5", **body: Any) -> str | None:
    """The rejection's words, or None."""
    refused = check({"model": model, "max_tokens": 100, "messages": [user()], **body}, {})
    return refused.message if refused else None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": [user(), claude(TEXT), user()]},
        {"messages": [claude(TEXT), user()]},
        {"messages": [user(), user(), claude(CALL), user(RESULT, TEXT)]},
        {"messages": [user(), {"role": "system", "content": [TEXT]}]},
        {"system": [TEXT], "tools": [TOOL], "tool_choice": {"type": "auto"}},
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
        {"model": "claude-haiku-4-5", "messages": [user(), claude(TEXT)]},
        {"model": "claude-opus-5", "tools": [TOOL], "tool_choice": {"type": "any"}},
        {"model": "claude-haiku-4-5-20251001"},
    ],
)
def test_what_is_right_passes(body: dict[str, Any]) -> None:
    assert verdict(**body) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "claude-3-opus-20240229"}, "model: claude-3-opus"),
        ({"frobnicate": 1}, "frobnicate: Extra inputs"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 128_001}, "128001 > 128000"),
        ({"messages": []}, "at least one message"),
        ({"messages": [user(), claude(TEXT)]}, "prefill"),
        (
            {
                "model": "claude-haiku-4-5",
                "messages": [user(), claude({"type": "text", "text": "1, "})],
            },
            "trailing whitespace",
        ),
        ({"messages": [user({"type": "text", "text": " "})]}, "non-empty"),
        ({"messages": [user({"type": "text", "text": "x", "mood": 1})]}, "text.mood: Extra"),
        ({"messages": [user(CALL)]}, "not allowed here"),
        ({"messages": [user(), claude(CALL), user()]}, "without `tool_result`"),
        ({"messages": [user(), claude(CALL)]}, "at the end"),
        ({"messages": [user(RESULT)]}, "unexpected `tool_use_id`"),
        ({"messages": [user(), claude(CALL), user(TEXT, RESULT)]}, "tool_result blocks first"),
        ({"messages": [user(), claude(CALL, CALL), user(RESULT)]}, "must be unique"),
        ({"messages": [user(), claude({**CALL, "id": "a.b"}), user()]}, "pattern"),
        ({"messages": [user(), claude({**CALL, "input": "x"}), user()]}, "valid dictionary"),
        ({"messages": [{"role": "system", "content": [TEXT]}, user()]}, "cannot be the first"),
        (
            {"messages": [user(), {"role": "system", "content": [TEXT]}, user()]},
            "must follow a user message",
        ),
        (
            {
                "model": "claude-sonnet-5",
                "messages": [user(), {"role": "system", "content": [TEXT]}],
            },
            "`system` is not supported",
        ),
        ({"temperature": 0.5}, "temperature: Extra inputs"),
        ({"thinking": {"type": "disabled"}}, "disabled is not supported"),
        ({"model": "claude-haiku-4-5", "output_config": {"effort": "low"}}, "effort"),
        ({"tools": [TOOL], "tool_choice": {"type": "any"}}, "`any` is not supported"),
        ({"tool_choice": {"type": "auto"}}, "while providing tools"),
        ({"tools": [TOOL, TOOL]}, "must be unique"),
        ({"tools": [{**TOOL, "name": "a b"}]}, "pattern"),
        ({"tools": [{"name": "a", "input_schema": {}}]}, "Input should be 'object'"),
        (
            {"tools": [{"name": "a", "input_schema": {"type": "object", "anyOf": []}}]},
            "at the top level",
        ),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
            "additionalProperties",
        ),
        (
            {
                "output_config": {
                    "format": {"type": "json_schema", "schema": {"type": "string", "minLength": 1}}
                }
            },
            "minLength",
        ),
        ({"stop_sequences": [" "]}, "non-whitespace"),
        ({"metadata": {"user_id": "a@b.c"}}, "email"),
        (
            {"system": [{**TEXT, "cache_control": {"type": "ephemeral"}}] * 5},
            "A maximum of 4",
        ),
    ],
)
def test_what_is_wrong_is_refused(body: dict[str, Any], words: str) -> None:
    assert words in (verdict(**body) or "accepted")


def test_an_image_is_judged_by_its_bytes() -> None:
    gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    source = {"type": "base64", "media_type": "image/png", "data": gif}
    words = verdict(messages=[user({"type": "image", "source": source})])
    assert "appears to be a image/gif" in (words or "")
    right = {**source, "media_type": "image/gif"}
    assert verdict(messages=[user({"type": "image", "source": right})]) is None


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings lie beside the project only")
def test_it_knows_the_content_blocks_of_real_accepted_requests() -> None:
    """Models and parameters have moved on since; what is plain must still pass.

    Blank text is left out: some recordings have it, today's documentation refuses it.
    """
    judged = 0
    for line in RECORDINGS.read_text("utf-8").splitlines():
        exchange = json.loads(line)
        request = exchange["request"]
        if exchange["status"] != 200 or not isinstance(request, dict) or "messages" not in request:
            continue
        plain = {k: request[k] for k in ("messages", "system") if request.get(k)}
        if not all(_is_plain(m["content"]) for m in plain["messages"]):
            continue
        judged += 1
        has_system = any(message["role"] == "system" for message in plain["messages"])
        # One of them takes a system message in the middle, the other a prefill.
        model = "claude-opus-5-5" if has_system else "claude-haiku-4-5"
        assert verdict(model, **plain) is None
    assert judged > 50


def _is_plain(content: Any) -> bool:
    blocks = [] if isinstance(content, str) else content
    return all(
        block["type"] in ("text", "tool_use", "tool_result") and block.get("text", "x").strip()
        for block in blocks
    )
