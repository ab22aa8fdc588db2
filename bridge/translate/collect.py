"""A whole answer: the stream's chunks, collected."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.errors import StreamBroken
from bridge.wire.chat import (
    ChatCompletion,
    Chunk,
    CompletionMessage,
    CompletionUsage,
    Delta,
    FinishReason,
    MessageToolCall,
    ToolCallDelta,
)


class Collector:
    """Feed it the chunks of one stream that includes usage, then `finish`."""

    def __init__(self) -> None:
        self._head: Chunk | None = None
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: str | None = None
        self._calls: list[MessageToolCall] = []
        self._arguments: list[list[str]] = []
        self._function_name: str | None = None
        self._function_arguments: list[str] = []
        self._finish_reason: FinishReason | None = None
        self._usage: CompletionUsage | None = None

    def feed(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._head = self._head or chunk
            self._usage = chunk.get("usage") or self._usage
            for choice in chunk["choices"]:
                self._finish_reason = choice["finish_reason"] or self._finish_reason
                self._add(choice["delta"])

    def finish(self) -> ChatCompletion:
        """The completion. Raises StreamBroken when chunks are missing at the end."""
        if self._head is None or self._finish_reason is None or self._usage is None:
            raise StreamBroken("Claude's answer broke off before its end.")
        return {
            "id": self._head["id"],
            "object": "chat.completion",
            "created": self._head["created"],
            "model": self._head["model"],
            "choices": [
                {
                    "index": 0,
                    "message": self._message(),
                    "logprobs": None,
                    "finish_reason": self._finish_reason,
                }
            ],
            "usage": self._usage,
        }

    def _add(self, delta: Delta) -> None:
        if content := delta.get("content"):
            self._content.append(content)
        if reasoning := delta.get("reasoning_content"):
            self._reasoning.append(reasoning)
        self._refusal = delta.get("refusal") or self._refusal
        if function := delta.get("function_call"):
            self._function_name = function.get("name") or self._function_name
            self._function_arguments.append(function["arguments"])
        for call in delta.get("tool_calls", ()):
            self._add_call(call)

    def _add_call(self, call: ToolCallDelta) -> None:
        function = call["function"]
        if "id" in call:
            name = function["name"]
            self._calls.append(
                {"id": call["id"], "type": "function", "function": {"name": name, "arguments": ""}}
            )
            self._arguments.append([])
        self._arguments[call["index"]].append(function["arguments"])

    def _message(self) -> CompletionMessage:
        """Content is null only beside tool calls: clients call string methods on it."""
        content = "".join(self._content)
        message: CompletionMessage = {
            "role": "assistant",
            "content": content or (None if self._calls or self._function_name else ""),
            "refusal": self._refusal,
            "annotations": [],
        }
        if self._reasoning:
            message["reasoning_content"] = "".join(self._reasoning)
        if self._function_name is not None:
            arguments = "".join(self._function_arguments)
            message["function_call"] = {"name": self._function_name, "arguments": arguments}
        if self._calls:
            message["tool_calls"] = [
                {**call, "function": {**call["function"], "arguments": "".join(pieces)}}
                for call, pieces in zip(self._calls, self._arguments, strict=True)
            ]
        return message
