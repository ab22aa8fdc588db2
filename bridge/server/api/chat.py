"""`POST /v1/chat/completions`."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bridge.server.answers.chat import ChatAnswers, respond_to_chat
from bridge.server.answers.computer_use import (
    check_single_choice,
    resolve_with_computer,
)
from bridge.server.answers.routing import apply_effort
from bridge.server.http.dialect import OPENAI
from bridge.server.http.endpoint import CLAUDE_FAILURES, OPENAI_HEADERS, Answer, Endpoint
from bridge.server.http.request_body import is_large, read_body
from bridge.server.request_record import get_record
from bridge.server.state import BRIDGE
from bridge.translate.chat.request import is_heavy
from bridge.wire.chat import ChatRequest
from bridge.wire.completion import ChatCompletion, Chunk


async def create_chat_completion(request: web.Request) -> web.StreamResponse:
    """Answer a chat, streamed or whole."""
    bridge = request.app[BRIDGE]
    chat = await read_body(request, ChatRequest)
    caller = get_record(request).caller
    resolved, computer_use = await resolve_with_computer(
        request, caller, chat.model, chat.computer_use
    )
    check_single_choice(computer_use, chat.n)
    # A large chat takes long to translate (its pictures are scaled), so that is done in a thread.
    heavy = is_large(request) or is_heavy(chat)
    with bridge.track_answer():
        answers = ChatAnswers(
            bridge,
            caller,
            [apply_effort(chat, resolved)],
            resolved,
            prefix="chatcmpl",
            heavy=heavy,
            computer_use=computer_use,
        )
        return await respond_to_chat(request, resolved, answers, stream=bool(chat.stream))


_REQUEST_EXAMPLE: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "messages": [
        {"role": "system", "content": "Answer in one word."},
        {"role": "user", "content": "What is the capital of France?"},
    ],
    "max_tokens": 2000,
}

_COMPLETION_EXAMPLE: dict[str, Any] = {
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

ROUTES = (
    Endpoint(
        "POST",
        "/v1/chat/completions",
        create_chat_completion,
        "OpenAI",
        "Create a chat completion",
        Answer(
            "The completion; with `stream: true` events `data: {chunk}` and `data: [DONE]`.",
            ChatCompletion,
            _COMPLETION_EXAMPLE,
            events=Chunk,
            headers=OPENAI_HEADERS,
        ),
        access="key",
        dialect=OPENAI,
        body=ChatRequest,
        example=_REQUEST_EXAMPLE,
        is_recorded=True,
        failures=CLAUDE_FAILURES,
    ),
)
