"""Collect the chunks of a stream into a whole chat completion."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.errors import StreamBroken
from bridge.translate.stream.message_end import BROKE_OFF
from bridge.wire.completion import (
    Annotation,
    ChatCompletion,
    Choice,
    Chunk,
    ChunkChoice,
    CompletionMessage,
    CompletionUsage,
    CustomCall,
    Delta,
    FinishReason,
    FunctionCall,
    MessageToolCall,
    ToolCallDelta,
)


class Collector:
    """A collector of one answer's chunks, which include usage; `finish` returns the completion."""

    def __init__(self) -> None:
        self._head: Chunk | None = None
        self._choices: dict[int, _CollectedChoice] = {}
        self._usage: CompletionUsage | None = None

    def feed(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self.add(chunk)

    def add(self, chunk: Chunk) -> None:
        """Add one chunk."""
        if self._head is None:
            self._head = chunk
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        for choice in chunk["choices"]:
            index = choice["index"]
            if index not in self._choices:
                self._choices[index] = _CollectedChoice()
            self._choices[index].add(choice)

    def finish(self) -> ChatCompletion:
        """Return the completion. Raises StreamBroken if the last chunks are missing."""
        if self._head is None or self._usage is None:
            raise StreamBroken(BROKE_OFF)
        completion: ChatCompletion = {
            "id": self._head["id"],
            "object": "chat.completion",
            "created": self._head["created"],
            "model": self._head["model"],
            "choices": [
                self._choices[index].build_choice(index) for index in sorted(self._choices)
            ],
            "usage": self._usage,
        }
        if "service_tier" in self._head:
            completion["service_tier"] = self._head["service_tier"]
        return completion


class _Call:
    """A tool call that is being collected, of a function or a custom tool."""

    def __init__(self, first: ToolCallDelta) -> None:
        self._id = first["id"]
        self._custom = "custom" in first
        self._name = (first["custom"] if self._custom else first["function"])["name"]
        self._pieces: list[str] = []

    def add(self, call: ToolCallDelta) -> None:
        piece = call["custom"]["input"] if self._custom else call["function"]["arguments"]
        self._pieces.append(piece)

    def finish(self) -> MessageToolCall:
        text = "".join(self._pieces)
        if self._custom:
            custom: CustomCall = {"name": self._name, "input": text}
            return {"id": self._id, "type": "custom", "custom": custom}
        function: FunctionCall = {"name": self._name, "arguments": text}
        return {"id": self._id, "type": "function", "function": function}


class _CollectedChoice:
    """One of the `n` choices that is being collected."""

    def __init__(self) -> None:
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: str | None = None
        self._annotations: list[Annotation] = []
        self._calls: list[_Call] = []
        self._function_name: str | None = None
        self._function_arguments: list[str] = []
        self._finish_reason: FinishReason | None = None

    def add(self, choice: ChunkChoice) -> None:
        self._finish_reason = choice["finish_reason"] or self._finish_reason
        self._add_delta(choice["delta"])

    def build_choice(self, index: int) -> Choice:
        """Return the choice. Raises StreamBroken if it has no finish reason."""
        if self._finish_reason is None:
            raise StreamBroken(BROKE_OFF)
        return {
            "index": index,
            "message": self._build_message(),
            "logprobs": None,
            "finish_reason": self._finish_reason,
        }

    def _add_delta(self, delta: Delta) -> None:
        if content := delta.get("content"):
            self._content.append(content)
            # Most chunks have nothing but content.
            if len(delta) == 1:
                return
        if reasoning := delta.get("reasoning_content"):
            self._reasoning.append(reasoning)
        self._refusal = delta.get("refusal") or self._refusal
        self._annotations += delta.get("annotations", ())
        if function := delta.get("function_call"):
            self._function_name = function.get("name") or self._function_name
            self._function_arguments.append(function["arguments"])
        for call in delta.get("tool_calls", ()):
            if "id" in call:
                self._calls.append(_Call(call))
            self._calls[call["index"]].add(call)

    def _build_message(self) -> CompletionMessage:
        """Build the message; without tool calls, content is never null, as clients expect."""
        content = "".join(self._content)
        message: CompletionMessage = {
            "role": "assistant",
            "content": content or (None if self._calls or self._function_name else ""),
            "refusal": self._refusal,
            "annotations": self._annotations,
        }
        if self._reasoning:
            message["reasoning_content"] = "".join(self._reasoning)
        if self._function_name is not None:
            arguments = "".join(self._function_arguments)
            message["function_call"] = {"name": self._function_name, "arguments": arguments}
        if self._calls:
            message["tool_calls"] = [call.finish() for call in self._calls]
        return message
