"""Convert Anthropic's stream events to OpenAI's chat completion chunks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bridge.errors import StreamBroken
from bridge.translate.answer_format import AnswerFormat
from bridge.translate.chat.custom_tools import InputExtractor
from bridge.translate.chat.server_tools.web_search import build_annotation
from bridge.translate.stream.message_end import MessageEnd
from bridge.translate.stream.usage import to_completion_usage
from bridge.wire.completion import (
    Chunk,
    CompletionUsage,
    Delta,
    FinishReason,
    FunctionDelta,
    ServiceTier,
    ToolCallDelta,
)
from bridge.wire.messages import (
    Block,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    MessageEvent,
    StopReason,
    Usage,
)

# How one answer goes through `ChatStream`:
#
#   input                              output
#   message_start                      one chunk with the role
#   content_block_start (text)         nothing, or a chunk if the block begins with text
#   content_block_start (tool_use)     a chunk with the call's id and name
#   content_block_delta                one chunk: text, thinking, or arguments
#   content_block_stop                 citations of the text; arguments that had no delta
#   message_delta                      nothing: stop reason and usage are stored
#   message_stop                       a chunk with the finish reason, then one with the usage
#   finish()                           nothing, or StreamBroken if message_stop is missing
#
# State: the calls so far by their content block, the length of the text so far (citations are
# positions in it), and `_head`, the fields that all chunks share. `_head` is built once and
# rebuilt after a message event, because usage may bring the service tier.

FINISH_REASONS: Mapping[StopReason, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "pause_turn": "stop",
    "refusal": "content_filter",
}

SERVICE_TIERS: Mapping[str, ServiceTier] = {"standard": "default", "priority": "priority"}


class ChatStream:
    """The conversion of one answer: feed it every event, then call `finish`.

    Pure: the id, the model's name and the time (`created`, Unix seconds) are arguments.
    """

    def __init__(
        self,
        *,
        id: str,
        model: str,
        created: int,
        include_usage: bool,
        answer_format: AnswerFormat | None = None,
        index: int = 0,
    ) -> None:
        self._format = answer_format or AnswerFormat()
        self._id = id
        self._index = index
        self._model = model
        self._created = created
        self._include_usage = include_usage
        self._head: Chunk | None = None
        self._end = MessageEnd()
        # All by Claude's block index: OpenAI's call index, the initial input of calls without
        # deltas so far, and the state of custom tools' inputs.
        self._calls: dict[int, int] = {}
        self._silent_calls: dict[int, str] = {}
        self._text_inputs: dict[int, InputExtractor] = {}
        self._written = 0
        self._cited_from = 0
        self._citations: list[Any] = []

    @property
    def usage(self) -> Usage:
        """Claude's latest token counts; empty before the first event."""
        return self._end.usage

    @property
    def completion_usage(self) -> CompletionUsage:
        """The latest token counts in OpenAI's format."""
        return to_completion_usage(self._end.usage)

    @property
    def finish_reason(self) -> FinishReason:
        """Why the answer ended. Raises StreamBroken before the end or for an unknown reason."""
        reason = self._end.stop_reason
        if reason is None:
            raise StreamBroken("Claude's answer ended without a stop reason.")
        # Clients run the calls only for this reason, even if Claude ended its turn for another.
        if self._calls and reason in ("end_turn", "tool_use"):
            return "function_call" if self._format.legacy else "tool_calls"
        if reason not in FINISH_REASONS:
            # Reporting "stop" could present a truncated answer as complete.
            raise StreamBroken(f"Claude's answer ended for an unknown reason: {reason}.")
        return FINISH_REASONS[reason]

    def feed(self, event: MessageEvent) -> list[Chunk]:
        """Return the chunks for one event: usually one, sometimes none."""
        match event["type"]:
            case "content_block_delta":
                return self._convert_delta(event)
            case "message_start":
                self._update_head(event)
                return [self._build_chunk({"role": "assistant", "content": ""})]
            case "content_block_start":
                return self._start_block(event)
            case "content_block_stop":
                return self._end_block(event)
            case "message_delta":
                self._update_head(event)
                return []
            case "message_stop":
                self._end.feed(event)
                return self._end_answer()
            case _:
                # A ping, or an event that Anthropic has added since.
                return []

    def _update_head(self, event: MessageEvent) -> None:
        """Process an event about the whole message."""
        self._end.feed(event)
        self._head = None

    def finish(self) -> None:
        """End the input. Raises StreamBroken if `message_stop` is missing."""
        self._end.finish()

    def _start_block(self, event: ContentBlockStart) -> list[Chunk]:
        block = event["content_block"]
        match block["type"]:
            case "tool_use":
                return [self._start_call(event["index"], block)]
            case "text":
                self._cited_from = self._written
                self._citations = list(block.get("citations") or ())
                return self._emit_text(block.get("text") or "")
            case _:
                return []

    def _emit_text(self, text: str) -> list[Chunk]:
        self._written += len(text)
        return [self._build_chunk({"content": text})] if text else []

    def _start_call(self, position: int, block: Block) -> Chunk:
        """Start a tool call.

        OpenAI numbers calls from 0, while Claude's index counts all content blocks.
        """
        index = self._calls[position] = len(self._calls)
        self._silent_calls[position] = json.dumps(block.get("input") or {})
        id, upstream = block["id"], block["name"]
        name = self._format.name_of(block)
        if upstream in self._format.custom:
            self._text_inputs[position] = InputExtractor()
            return self._emit_call(
                {"index": index, "id": id, "custom": {"name": name, "input": ""}}
            )
        function: FunctionDelta = {"name": name, "arguments": ""}
        if self._format.legacy:
            return self._build_chunk({"function_call": function})
        return self._emit_call({"index": index, "id": id, "type": "function", "function": function})

    def _emit_call(self, call: ToolCallDelta) -> Chunk:
        return self._build_chunk({"tool_calls": [call]})

    def _convert_delta(self, event: ContentBlockDelta) -> list[Chunk]:
        delta = event["delta"]
        match delta["type"]:
            case "text_delta":
                return self._emit_text(delta["text"])
            case "thinking_delta" if delta["thinking"] and not self._format.hide_thinking:
                return [self._build_chunk({"reasoning_content": delta["thinking"]})]
            case "input_json_delta" if delta["partial_json"] and event["index"] in self._calls:
                return self._emit_arguments(event["index"], delta["partial_json"])
            case "citations_delta":
                self._citations.append(delta["citation"])
                return []
            case _:
                return []

    def _emit_arguments(self, block: int, text: str) -> list[Chunk]:
        self._silent_calls.pop(block, None)
        if block in self._text_inputs:
            return self._emit_input(block, self._text_inputs[block].feed(text))
        if self._format.legacy:
            return [self._build_chunk({"function_call": {"arguments": text}})]
        return [self._emit_call({"index": self._calls[block], "function": {"arguments": text}})]

    def _emit_input(self, block: int, text: str) -> list[Chunk]:
        if not text:
            return []
        return [self._emit_call({"index": self._calls[block], "custom": {"input": text}})]

    def _end_block(self, event: ContentBlockStop) -> list[Chunk]:
        """End a block.

        A call without deltas has its complete input in its start event. An empty input is sent as
        `{}`, because clients parse the arguments as JSON.
        """
        index = event["index"]
        initial = self._silent_calls.get(index)
        if index in self._text_inputs:
            rest = [] if initial in (None, "{}") else self._emit_arguments(index, initial)
            return [*rest, *self._emit_input(index, self._text_inputs[index].finish())]
        return self._emit_citations() if initial is None else self._emit_arguments(index, initial)

    def _emit_citations(self) -> list[Chunk]:
        """Emit the citations of the text block that ends here, with its range of the content."""
        citations, self._citations = self._citations, []
        converted = [build_annotation(it, self._cited_from, self._written) for it in citations]
        annotations = [annotation for annotation in converted if annotation is not None]
        return [self._build_chunk({"annotations": annotations})] if annotations else []

    def _end_answer(self) -> list[Chunk]:
        delta: Delta = {"refusal": self._end.refusal} if self._end.refusal else {}
        chunks = [self._build_chunk(delta, self.finish_reason)]
        if self._include_usage:
            last = (self._head or self._build_head()).copy()
            last["usage"] = self.completion_usage
            chunks.append(last)
        return chunks

    def _build_chunk(self, delta: Delta, finish_reason: FinishReason | None = None) -> Chunk:
        chunk = (self._head or self._build_head()).copy()
        chunk["choices"] = [
            {
                "index": self._index,
                "delta": delta,
                "logprobs": None,
                "finish_reason": finish_reason,
            }
        ]
        return chunk

    def _build_head(self) -> Chunk:
        """Build the fields that all chunks share; each chunk is a copy with its choices."""
        chunk: Chunk = {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "choices": [],
        }
        tier = SERVICE_TIERS.get(self._end.usage.get("service_tier") or "")
        if tier is not None:
            chunk["service_tier"] = tier
        if self._include_usage:
            chunk["usage"] = None
        self._head = chunk
        return chunk
