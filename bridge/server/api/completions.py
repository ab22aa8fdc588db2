"""`POST /v1/completions`, for autocomplete plugins and older programs."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bridge.server.answers.chat import ChatAnswers, respond_to_chat
from bridge.server.answers.routing import apply_effort, resolve_without_computer
from bridge.server.http.dialect import OPENAI
from bridge.server.http.endpoint import CLAUDE_FAILURES, OPENAI_HEADERS, Answer, Endpoint
from bridge.server.http.request_body import explain_errors, is_large, read_body
from bridge.server.request_record import get_record
from bridge.server.state import BRIDGE
from bridge.translate.completions import CompletionStream, build_chats
from bridge.wire.completions import CompletionRequest, TextCompletion


async def create_completion(request: web.Request) -> web.StreamResponse:
    """Continue each prompt, or fill the gap before its suffix, streamed or whole."""
    bridge = request.app[BRIDGE]
    completion = await read_body(request, CompletionRequest)
    caller = get_record(request).caller
    resolved = resolve_without_computer(bridge, caller, completion.model)
    with bridge.track_answer():
        # Claude has no completions endpoint: each prompt becomes a chat that requests its
        # continuation, and the chat's chunks are converted back.
        # A chat has parameters that a completion has not; their values are validated only now.
        with explain_errors(completion.model_extra or {}):
            chats = build_chats(completion, resolved.effort)
        converter = CompletionStream(completion)
        answers = ChatAnswers(
            bridge,
            caller,
            [apply_effort(chat, resolved) for chat in chats],
            resolved,
            prefix="cmpl",
            heavy=is_large(request),
        )
        return await respond_to_chat(
            request,
            resolved,
            answers,
            stream=bool(completion.stream),
            convert_chunk=converter.convert_chunk,
            convert_completion=converter.convert_whole,
        )


_REQUEST_EXAMPLE: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "prompt": "def double(x):\n    return ",
    "suffix": "\n\nprint(double(4))\n",
    "max_tokens": 2000,
}

_COMPLETION_EXAMPLE: dict[str, Any] = {
    "id": "cmpl-0f6ed52fcdd24fa3ad9a12b5e2f0c8b7",
    "object": "text_completion",
    "created": 1795411200,
    "model": "claude-haiku-5-5",
    "choices": [{"text": "2 * x", "index": 0, "logprobs": None, "finish_reason": "stop"}],
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
        "/v1/completions",
        create_completion,
        "OpenAI",
        "Complete a text, or fill a gap in it",
        Answer(
            "The completion; with `stream: true` events `data: {chunk}` and `data: [DONE]`.",
            TextCompletion,
            _COMPLETION_EXAMPLE,
            events=TextCompletion,
            headers=OPENAI_HEADERS,
        ),
        access="key",
        dialect=OPENAI,
        body=CompletionRequest,
        example=_REQUEST_EXAMPLE,
        is_recorded=True,
        failures=CLAUDE_FAILURES,
    ),
)
