"""An example of every parameter and every event: what becomes of it is found by running it."""

from __future__ import annotations

from typing import Any

_TOOL = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
_SCHEMA = {"name": "answer", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}

PARAMETERS: dict[str, Any] = {
    "stream": True,
    "computer_use": True,
    "stream_options": {"include_usage": True},
    "max_tokens": 100,
    "max_completion_tokens": 100,
    "stop": ["END"],
    "temperature": 0.3,
    "top_p": 0.9,
    "tools": [_TOOL],
    "tool_choice": "required",
    "functions": [_TOOL["function"]],
    "function_call": "auto",
    "parallel_tool_calls": False,
    "reasoning_effort": "low",
    "reasoning": {"effort": "high"},
    "response_format": {"type": "json_schema", "json_schema": _SCHEMA},
    "user": "ada@example.com",
    "safety_identifier": "u-17",
    "n": 2,
    "verbosity": "low",
    "service_tier": "default",
    "web_search_options": {},
}
"""Of a chat; `model` and `messages` are there in every one."""

NEED_TOOLS = ("tool_choice", "parallel_tool_calls")

BY_THE_SERVER = {
    "stream": "chunks as they come, or one whole answer",
    "stream_options": "with `include_usage`, a last chunk with the usage",
    "n": "asked for so many times at once; tokens are added up",
    "computer_use": "the bridge runs the task on this desktop, on the person's leash",
}
"""What is answered by the bridge itself and changes nothing upstream."""

EVENTS: list[tuple[str, dict[str, Any]]] = [
    (
        "`message_start`",
        {
            "type": "message_start",
            "message": {"id": "msg_1", "model": "claude-opus-5-5", "usage": {"input_tokens": 12}},
        },
    ),
    (
        "`content_block_start` (thinking)",
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "thinking", "thinking": ""},
        },
    ),
    (
        "`content_block_delta` (thinking_delta)",
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "thinking_delta", "thinking": "Hm."},
        },
    ),
    (
        "`content_block_delta` (signature_delta)",
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "signature_delta", "signature": "c2ln"},
        },
    ),
    ("`content_block_stop`", {"type": "content_block_stop", "index": 0}),
    (
        "`content_block_start` (text)",
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    ),
    (
        "`content_block_delta` (text_delta)",
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
    ),
    ("`content_block_stop` (text)", {"type": "content_block_stop", "index": 1}),
    (
        "`content_block_start` (tool_use)",
        {
            "type": "content_block_start",
            "index": 2,
            "content_block": {"type": "tool_use", "id": "toolu_1", "name": "now", "input": {}},
        },
    ),
    (
        "`content_block_delta` (input_json_delta)",
        {
            "type": "content_block_delta",
            "index": 2,
            "delta": {"type": "input_json_delta", "partial_json": '{"zone":"UTC"}'},
        },
    ),
    ("`content_block_stop` (tool_use)", {"type": "content_block_stop", "index": 2}),
    (
        "`message_delta`",
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use"},
            "usage": {"output_tokens": 9},
        },
    ),
    ("`message_stop`", {"type": "message_stop"}),
    ("`ping`", {"type": "ping"}),
]
"""One answer, event by event."""
