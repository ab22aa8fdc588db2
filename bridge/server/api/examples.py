"""A true example of every body and answer; the tests send them and compare."""

from __future__ import annotations

from typing import Any

CHAT: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "messages": [
        {"role": "system", "content": "Answer in one word."},
        {"role": "user", "content": "What is the capital of France?"},
    ],
    "max_tokens": 2000,
}

CHAT_COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-0f6ed52fcdd24fa3ad9a12b5e2f0c8b7",
    "object": "chat.completion",
    "created": 1795411200,
    "model": "claude-opus-5-5",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Paris.",
                "refusal": None,
                "annotations": [],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "service_tier": "default",
    "usage": {
        "prompt_tokens": 24,
        "completion_tokens": 5,
        "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    },
}

COMPLETION: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "prompt": "def double(x):\n    return ",
    "suffix": "\n\nprint(double(4))\n",
    "max_tokens": 2000,
}

TEXT_COMPLETION: dict[str, Any] = {
    "id": "cmpl-0f6ed52fcdd24fa3ad9a12b5e2f0c8b7",
    "object": "text_completion",
    "created": 1795411200,
    "model": "claude-haiku-5-5",
    "choices": [{"text": "2 * x", "index": 0, "logprobs": None, "finish_reason": "stop"}],
    "usage": CHAT_COMPLETION["usage"],
}

EMBEDDINGS: dict[str, Any] = {
    "model": "text-embedding-3-small",
    "input": ["The sky is blue."],
    "dimensions": 3,
}

EMBEDDING: dict[str, Any] = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.36, 0.48, 0.8]}],
    "model": "text-embedding-3-small",
    "usage": {"prompt_tokens": 6, "total_tokens": 6},
}

RESPONSES: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "instructions": "Answer in one word.",
    "input": "What is the capital of France?",
    "max_output_tokens": 2000,
}

COMPACT: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "input": [
        {"type": "message", "role": "user", "content": "We launch on Tuesday."},
        {"type": "message", "role": "assistant", "content": "Tuesday it is."},
    ],
}

COMPACTED: dict[str, Any] = {
    "id": "resp_1f2e",
    "object": "response.compaction",
    "created_at": 1795000000,
    "output": [
        {
            "type": "message",
            "id": "msg_1f2e",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_text", "text": "We launch on Tuesday."}],
        },
        {"type": "compaction", "id": "cmp_1f2e", "encrypted_content": "claude.1.eyJ0eXBlIjoi"},
    ],
    "usage": {
        "input_tokens": 24,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 29,
    },
}

INPUT_TOKENS: dict[str, Any] = {"object": "response.input_tokens", "input_tokens": 14}

RESPONSE: dict[str, Any] = {
    "id": "resp_0f6ed52fcdd24fa3ad9a12b5e2f0c8b7",
    "object": "response",
    "created_at": 1795411200,
    "completed_at": 1795411201,
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "model": "claude-opus-5-5",
    "output": [
        {
            "type": "message",
            "id": "msg_27c5e5f1f6b64b0e9ad6f43eb1ea6f53",
            "status": "completed",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "Paris.", "annotations": [], "logprobs": []}
            ],
        }
    ],
    "usage": {
        "input_tokens": 24,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 29,
    },
    "previous_response_id": None,
    "instructions": "Answer in one word.",
    "tools": [],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "max_output_tokens": 2000,
    "max_tool_calls": None,
    "temperature": 1.0,
    "top_p": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "top_logprobs": 0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "reasoning": {"effort": None, "summary": None},
    "truncation": "disabled",
    "store": True,
    "background": False,
    "service_tier": "default",
    "metadata": {},
    "user": None,
    "safety_identifier": None,
    "prompt_cache_key": None,
}

COUNT_TOKENS: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}

TOKEN_COUNT: dict[str, Any] = {"input_tokens": 14}

MESSAGES: dict[str, Any] = {**COUNT_TOKENS, "max_tokens": 2000}

WHOLE_MESSAGE: dict[str, Any] = {
    "id": "msg_013Zva2CMHLNnXjNJKqJ2EF",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-5-5",
    "content": [{"type": "text", "text": "Paris."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "stop_details": None,
    "usage": {
        "input_tokens": 24,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 5,
        "output_tokens_details": {"thinking_tokens": 0},
        "service_tier": "standard",
    },
}

MODEL: dict[str, Any] = {
    "id": "claude-opus-5-5",
    "object": "model",
    "created": 1788220800,
    "owned_by": "anthropic",
    "display_name": "Claude Opus 5.5",
    "lifecycle": "active",
    "max_input_tokens": 1000000,
    "max_output_tokens": 128000,
    "capabilities": {
        "image_input": True,
        "pdf_input": True,
        "tools": True,
        "structured_outputs": True,
        "reasoning": True,
        "reasoning_efforts": ["low", "medium", "high", "xhigh", "max"],
    },
}

MODEL_LIST: dict[str, Any] = {"object": "list", "data": [MODEL]}

ROOT: dict[str, Any] = {
    "name": "claude-openai-bridge",
    "version": "0.1.0",
    "base_url": "http://127.0.0.1:8000/v1",
    "health": "http://127.0.0.1:8000/health",
    "openapi": "http://127.0.0.1:8000/openapi.json",
    "docs": "http://127.0.0.1:8000/docs",
}

HEALTH: dict[str, Any] = {
    "status": "ready",
    "ready": True,
    "version": "0.1.0",
    "versions": {
        "python": "3.11.7",
        "aiohttp": "3.14.1",
        "anthropic": "2.12.0",
        "claude-agent-sdk": "0.2.187",
    },
    "pid": 4711,
    "started_at": 1795411200,
    "url": "http://127.0.0.1:8000",
    "model": "claude-sonnet-5-5",
    "backend": {
        "setting": "auto",
        "active": "claude-code",
        "reason": "signed in to Claude Code (oauth_token)",
        "cure": None,
    },
    "use_for_everything": False,
    "paused": False,
    "open_streams": 0,
    "roads": [{"label": "Claude Code", "breaker": "closed", "free_in": 0, "problem": None}],
    "computer": {"mode": "off", "until": None, "active": False, "waiting": 0},
}

_TOTALS: dict[str, Any] = {
    "requests": 1,
    "input_tokens": 24,
    "cache_write_tokens": 0,
    "cache_read_tokens": 0,
    "output_tokens": 5,
    "cost": 0.000196,
    "unpriced": 0,
}

USAGE: dict[str, Any] = {
    "today": _TOTALS,
    "days": [
        {
            **_TOTALS,
            "day": "2026-11-23",
            "model": "claude-opus-5-5",
            "backend": "anthropic",
            "client": "openai-python",
        }
    ],
    "recent": [
        {
            "at": 1795411201.5,
            "model": "claude-opus-5-5",
            "backend": "anthropic",
            "client": "openai-python",
            "input_tokens": 24,
            "cache_write_tokens": 0,
            "cache_read_tokens": 0,
            "output_tokens": 5,
            "cost": 0.000196,
            "outcome": "stop",
            "milliseconds": 812,
            "first_chunk_milliseconds": 640,
        }
    ],
    "last_failure": None,
}

CONNECTIONS: dict[str, Any] = {
    "base_url": "http://127.0.0.1:8000/v1",
    "key": "any",
    "clients": [
        {
            "client": "Cline",
            "steps": "Settings, API Provider: OpenAI Compatible.",
            "snippet": "Base URL  http://127.0.0.1:8000/v1\nAPI key   any\nModel ID  default",
            "mind": "API key: any word, unless the bridge has a key of its own.",
        }
    ],
}

SWITCHES_PATCH: dict[str, Any] = {"model": "claude-haiku-5-5"}
SWITCHES: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "backend": "auto",
    "computer": {"mode": "off", "until": None},
    "use_for_everything": False,
    "paused": False,
}
NEW_KEY: dict[str, Any] = {"owner": "anthropic", "name": "work", "secret": "sk-ant-made-up"}
KEY_KEPT: dict[str, Any] = {"kept_in": "the system's keyring", "anthropic": 1, "bridge": 0}
SIGN_IN_STEP: dict[str, Any] = {}
SIGN_IN: dict[str, Any] = {
    "state": "waiting",
    "url": "https://claude.ai/oauth/authorize?code=true",
    "words": "Go on in the browser; if it shows a code, paste it here.",
}
NO_SIGN_IN: dict[str, Any] = {
    "state": "failed",
    "url": None,
    "words": "No sign-in was begun.",
}
KEYS_RELOADED: dict[str, Any] = {"anthropic": 1, "bridge": 0}
STOP_ACCEPTED: dict[str, Any] = {"stopping": True, "open_streams": 0}
TICKET: dict[str, Any] = {"ticket": "a-ticket-that-was-taken"}
