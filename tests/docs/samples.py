"""An example of every parameter and event, from which the tables are built."""

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
    "prompt_cache_retention": "24h",
    "prompt_cache_options": {"ttl": "1h"},
    "speed": "fast",
}
"""Parameters of a chat, without `model` and `messages`."""

NEED_TOOLS = ("tool_choice", "parallel_tool_calls")

BY_THE_SERVER = {
    "stream": "answer in chunks, or as a whole",
    "stream_options": "with `include_usage`, the last chunk has the usage",
    "n": "that many requests in parallel; tokens are added up",
    "computer_use": "Claude performs the task on this computer, within your permissions",
}
"""Parameters that the bridge handles itself, without a change of the request to Claude."""

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
"""The events of one answer."""

_FLAT_TOOL = {"type": "function", "name": "now", "parameters": {"type": "object"}}
_FORMAT = {"format": {"type": "json_schema", **_SCHEMA}}

RESPONSES_PARAMETERS: dict[str, Any] = {
    "instructions": "Answer in French.",
    "tools": [_FLAT_TOOL],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "max_output_tokens": 4000,
    "max_tool_calls": 3,
    "temperature": 0.3,
    "top_p": 0.9,
    "text": _FORMAT,
    "reasoning": {"effort": "low"},
    "include": ["reasoning.encrypted_content"],
    "store": False,
    "previous_response_id": "resp_1",
    "truncation": "auto",
    "stream": True,
    "metadata": {"project": "sky"},
    "user": "ada@example.com",
    "safety_identifier": "u-17",
    "prompt_cache_key": "k",
    "service_tier": "default",
    "background": True,
    "computer_use": True,
}
"""Parameters of a response, without `model` and `input`."""

RESPONSES_BY_THE_SERVER = {
    "include": "`encrypted_content` with Claude's thinking is always included",
    "store": "`true`: on disk for `response_days`; `false`: not even in memory; else in memory",
    "previous_response_id": "continues that response's conversation; an unknown id is refused",
    "stream": BY_THE_SERVER["stream"],
    "metadata": "stored with the response and returned",
    "prompt_cache_key": "returned; Claude's cache needs no key",
    "background": "returned immediately as `queued`; can be fetched or cancelled later",
    "computer_use": BY_THE_SERVER["computer_use"],
}

COMPLETIONS_PARAMETERS: dict[str, Any] = {
    "suffix": "\n\nprint(double(4))",
    "max_tokens": 4000,
    "temperature": 0.3,
    "top_p": 0.9,
    "n": 2,
    "best_of": 2,
    "echo": True,
    "stop": ["END"],
    "stream": True,
    "stream_options": {"include_usage": True},
    "user": "ada@example.com",
}
"""Parameters of a legacy completion, without `model` and `prompt`."""

COMPLETIONS_BY_THE_SERVER = {
    "n": BY_THE_SERVER["n"],
    "echo": "the prompt is added before the answer",
    "stream": BY_THE_SERVER["stream"],
    "stream_options": BY_THE_SERVER["stream_options"],
}
