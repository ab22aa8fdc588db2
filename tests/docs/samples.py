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
    "computer_use": "the bridge runs the task on this desktop, as far as you allow it",
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
"""Of a response; `model` and `input` are there in every one."""

RESPONSES_BY_THE_SERVER = {
    "include": "Claude's thinking comes sealed as `encrypted_content`, asked for or not",
    "store": "`false`: the response is not kept; else for `response_days`",
    "previous_response_id": "that response's conversation goes before; unknown: refused",
    "stream": BY_THE_SERVER["stream"],
    "metadata": "kept with the response, and given back",
    "prompt_cache_key": "given back; Claude's cache needs no key",
    "background": "answered at once as `queued`; fetched, or cancelled, later",
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
"""Of a legacy completion; `model` and `prompt` are there in every one."""

COMPLETIONS_BY_THE_SERVER = {
    "n": BY_THE_SERVER["n"],
    "echo": "the prompt is put before the answer",
    "stream": BY_THE_SERVER["stream"],
    "stream_options": BY_THE_SERVER["stream_options"],
}
