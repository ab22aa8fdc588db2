"""The output items of a response: the events of each while it streams, and the complete item."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any, Protocol

from bridge.translate.chat.custom_tools import InputExtractor
from bridge.translate.chat.server_tools.web_search import build_annotation
from bridge.translate.stream.content_blocks import parse_input
from bridge.wire.encrypted_content import pack_block
from bridge.wire.messages import Block
from bridge.wire.responses import Item

Event = dict[str, Any]
Emit = Callable[..., Event]
"""Function that builds an event from its type and fields, with the item's id and position."""

# The stream calls an item's methods in this order; `emit` builds an event, and the stream itself
# sends `response.output_item.added` and `response.output_item.done`:
#
#   as_item("in_progress")   the empty item, for `response.output_item.added`
#   start(emit)              events that follow it
#   feed(delta, emit)        the events of one of Claude's deltas, often none
#   stop(emit)               events that repeat the complete content
#   as_item(status)          the complete item, for `response.output_item.done`


class OpenItem(Protocol):
    """An item that is still streaming."""

    id: str

    def start(self, emit: Emit) -> list[Event]: ...

    def as_item(self, status: str) -> Item: ...

    def feed(self, delta: dict[str, Any], emit: Emit) -> list[Event]: ...

    def stop(self, emit: Emit) -> list[Event]: ...


class MessageItem:
    """Text with its citations; several text blocks can belong to one message."""

    def __init__(self, id: str) -> None:
        self.id = id
        self._text = StringIO()
        self._annotations: list[Item] = []
        self._cited_from = 0
        self._citations: list[Any] = []

    def as_item(self, status: str) -> Item:
        content = [] if status == "in_progress" else [self._build_part()]
        return {
            "type": "message",
            "id": self.id,
            "status": status,
            "role": "assistant",
            "content": content,
        }

    def start(self, emit: Emit) -> list[Event]:
        return [emit("response.content_part.added", content_index=0, part=self._build_part())]

    def start_block(self, block: Block) -> None:
        """Start another text block of the same message."""
        self._cited_from = self._text.tell()
        self._citations = list(block.get("citations") or ())

    def feed(self, delta: dict[str, Any], emit: Emit) -> list[Event]:
        kind = delta["type"]
        if kind == "text_delta" and (text := delta["text"]):
            self._text.write(text)
            return [emit("response.output_text.delta", content_index=0, delta=text, logprobs=[])]
        if kind == "citations_delta":
            self._citations.append(delta["citation"])
        return []

    def end_block(self, emit: Emit) -> list[Event]:
        """Emit the citations of the text block that ends here."""
        events = []
        for citation in self._citations:
            converted = build_annotation(citation, self._cited_from, self._text.tell())
            if converted is None:
                continue
            # Chats nest the citation's fields, responses do not.
            annotation: Item = {"type": "url_citation", **converted["url_citation"]}
            position = {"content_index": 0, "annotation_index": len(self._annotations)}
            self._annotations.append(annotation)
            fields = {**position, "annotation": annotation}
            events.append(emit("response.output_text.annotation.added", **fields))
        self._citations = []
        return events

    def stop(self, emit: Emit) -> list[Event]:
        text = {"content_index": 0, "text": self._text.getvalue(), "logprobs": []}
        return [
            emit("response.output_text.done", **text),
            emit("response.content_part.done", content_index=0, part=self._build_part()),
        ]

    def _build_part(self) -> Item:
        return {
            "type": "output_text",
            "text": self._text.getvalue(),
            "annotations": list(self._annotations),
            "logprobs": [],
        }


class RefusalItem:
    """A message in which Claude declines to answer."""

    def __init__(self, id: str, refusal: str) -> None:
        self.id = id
        self._refusal = refusal

    def as_item(self, status: str) -> Item:
        content = [] if status == "in_progress" else [{"type": "refusal", "refusal": self._refusal}]
        return {
            "type": "message",
            "id": self.id,
            "status": status,
            "role": "assistant",
            "content": content,
        }

    def start(self, emit: Emit) -> list[Event]:
        empty = {"type": "refusal", "refusal": ""}
        return [
            emit("response.content_part.added", content_index=0, part=empty),
            emit("response.refusal.delta", content_index=0, delta=self._refusal),
        ]

    def feed(self, delta: dict[str, Any], emit: Emit) -> list[Event]:
        return []

    def stop(self, emit: Emit) -> list[Event]:
        part = {"type": "refusal", "refusal": self._refusal}
        return [
            emit("response.refusal.done", content_index=0, refusal=self._refusal),
            emit("response.content_part.done", content_index=0, part=part),
        ]


class ReasoningItem:
    """Claude's thinking: readable as a summary, and complete in `encrypted_content`.

    The client sends `encrypted_content` back, so that Claude gets its thinking with the signature.
    """

    def __init__(self, id: str, block: Block) -> None:
        self.id = id
        self._block = block
        self._thinking = StringIO()
        self._thinking.write(block.get("thinking") or "")
        self._signature = StringIO()
        self._signature.write(block.get("signature") or "")
        self._shown = False

    def as_item(self, status: str) -> Item:
        item: Item = {"type": "reasoning", "id": self.id, "summary": self._build_summary()}
        content = None if status == "in_progress" else self._pack_thinking()
        if content is not None:
            item["encrypted_content"] = content
        return {**item, "status": status}

    def start(self, emit: Emit) -> list[Event]:
        return []

    def feed(self, delta: dict[str, Any], emit: Emit) -> list[Event]:
        if delta["type"] == "signature_delta":
            self._signature.write(delta["signature"])
        if delta["type"] != "thinking_delta" or not delta["thinking"]:
            return []
        self._thinking.write(delta["thinking"])
        events = []
        if not self._shown:
            self._shown = True
            part = {"type": "summary_text", "text": ""}
            events.append(emit("response.reasoning_summary_part.added", summary_index=0, part=part))
        fields = {"summary_index": 0, "delta": delta["thinking"]}
        return [*events, emit("response.reasoning_summary_text.delta", **fields)]

    def stop(self, emit: Emit) -> list[Event]:
        if not self._shown:
            return []
        (part,) = self._build_summary()
        return [
            emit("response.reasoning_summary_text.done", summary_index=0, text=part["text"]),
            emit("response.reasoning_summary_part.done", summary_index=0, part=part),
        ]

    def _build_summary(self) -> list[Item]:
        text = self._thinking.getvalue()
        return [{"type": "summary_text", "text": text}] if text else []

    def _pack_thinking(self) -> str | None:
        if self._block["type"] == "redacted_thinking":
            return pack_block(self._block)
        signature = self._signature.getvalue()
        if not signature:
            # Thinking that was cut off has none, and cannot be sent back.
            return None
        thinking = self._thinking.getvalue()
        return pack_block({**self._block, "thinking": thinking, "signature": signature})


class CallItem:
    """A call of a function, or, with `custom`, of a tool whose input is text."""

    def __init__(
        self, id: str, block: Block, name: str, namespace: str | None, *, custom: bool
    ) -> None:
        self.id = id
        self._call_id = block["id"]
        self._initial = block.get("input") or {}
        self._name = name
        self._namespace = namespace
        self._custom = InputExtractor() if custom else None
        self._written = StringIO()
        self._has_deltas = False

    def as_item(self, status: str) -> Item:
        field = "input" if self._custom else "arguments"
        item: Item = {
            "type": "custom_tool_call" if self._custom else "function_call",
            "id": self.id,
            "call_id": self._call_id,
            "name": self._name,
            field: "" if status == "in_progress" else self._written.getvalue(),
            "status": status,
        }
        return {**item, "namespace": self._namespace} if self._namespace else item

    def start(self, emit: Emit) -> list[Event]:
        return []

    def feed(self, delta: dict[str, Any], emit: Emit) -> list[Event]:
        if delta["type"] != "input_json_delta" or not delta["partial_json"]:
            return []
        self._has_deltas = True
        return self._add_input(delta["partial_json"], emit)

    def stop(self, emit: Emit) -> list[Event]:
        """Emit the rest of the input, then the complete input.

        A call without deltas has its input in its start event. Empty arguments are sent as `{}`,
        because clients parse them as JSON.
        """
        events = []
        if not self._has_deltas and (self._initial or not self._custom):
            events = self._add_input(json.dumps(self._initial), emit)
        if self._custom:
            rest = self._custom.finish()
            events += self._emit_piece(rest, emit)
            written = self._written.getvalue()
            return [*events, emit("response.custom_tool_call_input.done", input=written)]
        done = {"name": self._name, "arguments": self._written.getvalue()}
        return [*events, emit("response.function_call_arguments.done", **done)]

    def _add_input(self, piece: str, emit: Emit) -> list[Event]:
        return self._emit_piece(self._custom.feed(piece) if self._custom else piece, emit)

    def _emit_piece(self, piece: str, emit: Emit) -> list[Event]:
        if not piece:
            return []
        self._written.write(piece)
        kind = "custom_tool_call_input" if self._custom else "function_call_arguments"
        return [emit(f"response.{kind}.delta", delta=piece)]


class SearchItem:
    """A web search, which runs on Anthropic's servers."""

    def __init__(self, id: str, block: Block) -> None:
        self.id = id
        self._initial = block.get("input") or {}
        self._raw = StringIO()

    def as_item(self, status: str) -> Item:
        raw = self._raw.getvalue()
        input = parse_input(raw) if raw else self._initial
        query = input.get("query")
        query = query if isinstance(query, str) else ""
        action = {"type": "search", "query": query, "queries": [query] if query else []}
        return {"type": "web_search_call", "id": self.id, "status": status, "action": action}

    def start(self, emit: Emit) -> list[Event]:
        return [emit("response.web_search_call.in_progress")]

    def feed(self, delta: dict[str, Any], emit: Emit) -> list[Event]:
        if delta["type"] == "input_json_delta":
            self._raw.write(delta["partial_json"])
        return []

    def stop(self, emit: Emit) -> list[Event]:
        return [
            emit("response.web_search_call.searching"),
            emit("response.web_search_call.completed"),
        ]
