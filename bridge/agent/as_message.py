"""Turn the events of an agent loop into the events of one message of Claude."""

# Inputs are all events of a loop, in order; outputs are the events of one message:
#
#     first message_start      passed on; later ones become a message_delta with the usage so far
#     text, thinking blocks    passed on, with new consecutive indexes
#     tool calls, redacted     left out
#     ApprovalRequested,       a thinking block with a line for each action
#     ActionsDone, PauseChanged
#     message_delta            passed on with the usage so far and without its stop reason, which
#                              is remembered: the last turn's is the message's
#     LoopEnded                the reason, unless Claude ended; then message_delta, message_stop

from __future__ import annotations

from typing import Any, cast

from bridge.agent.events import (
    ActionsDone,
    ApprovalRequested,
    Event,
    LoopEnded,
    PauseChanged,
)
from bridge.errors import Stopped, StreamBroken
from bridge.translate.stream.usage import merge_usage, sum_usage
from bridge.wire.messages import (
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    MessageEvent,
    StopDelta,
    StopReason,
    Usage,
)

_HIDDEN = ("tool_use", "redacted_thinking")


class MessageAssembler:
    """Converter that takes every event of a loop; the list above has what it returns.

    Thinking loses its signature: clients cannot send it back, because the screenshots it
    depends on are never sent to them.
    """

    def __init__(self) -> None:
        self._has_started = False
        self._earlier_usage: Usage = {}
        self._turn_usage: Usage = {}
        self._stop: StopDelta = {"stop_reason": None}
        self._next_index = 0
        self._indexes: dict[int, int] = {}
        """Indexes of the current turn's blocks to those of the message."""
        self._has_text = False
        self._is_line_open = False
        """Whether the last thinking lacks a line break at its end."""

    def feed(self, event: Event) -> list[MessageEvent]:
        match event:
            case ActionsDone():
                return self._build_note(_describe_actions(event))
            case ApprovalRequested():
                what = "; ".join(event.approval.what)
                return self._build_note(f"Waiting for your approval: {what}\n")
            case PauseChanged(reason):
                return self._build_note(f"{reason or 'Resumed.'}\n")
            case LoopEnded():
                return self._end_message(event)
            case _:
                return self._convert_message_event(event)

    def _convert_message_event(self, event: MessageEvent) -> list[MessageEvent]:
        match event["type"]:
            case "message_start":
                is_first, self._has_started = not self._has_started, True
                self._earlier_usage = sum_usage(self._earlier_usage, self._turn_usage)
                self._turn_usage, self._indexes = event["message"].get("usage", {}), {}
                return [event] if is_first else [self._build_usage()]
            case "content_block_start":
                return self._start_block(event)
            case "content_block_delta" | "content_block_stop":
                return self._continue_block(event)
            case "message_delta":
                self._turn_usage = merge_usage(self._turn_usage, event["usage"])
                self._stop = event["delta"]
                return [self._build_usage()]
            case "message_stop":
                return []
            case _:
                return [event]

    def _start_block(self, event: ContentBlockStart) -> list[MessageEvent]:
        block = event["content_block"]
        if block["type"] in _HIDDEN:
            return []
        self._indexes[event["index"]] = self._next_index
        events = [_renumber(event, self._next_index)]
        if block["type"] == "thinking":
            unsigned = {name: value for name, value in block.items() if name != "signature"}
            events = [_renumber(cast(Any, {**event, "content_block": unsigned}), self._next_index)]
        if block["type"] == "text":
            # Texts of different turns are separate paragraphs.
            events += _build_delta(self._next_index, "text", "\n\n") if self._has_text else []
            self._has_text = True
        self._next_index += 1
        return events

    def _continue_block(self, event: ContentBlockDelta | ContentBlockStop) -> list[MessageEvent]:
        index = self._indexes.get(event["index"])
        if event["type"] == "content_block_delta":
            thinking = event["delta"].get("thinking")
            if thinking:
                self._is_line_open = not thinking.endswith("\n")
            if event["delta"]["type"] == "signature_delta":
                return []
        return [] if index is None else [_renumber(event, index)]

    def _build_usage(self) -> MessageEvent:
        """Build an event with the usage so far, as the client may leave before the end."""
        usage = sum_usage(self._earlier_usage, self._turn_usage)
        return {"type": "message_delta", "delta": {"stop_reason": None}, "usage": usage}

    def _build_note(self, text: str) -> list[MessageEvent]:
        line_break, self._is_line_open = "\n" if self._is_line_open else "", False
        return self._build_block("thinking", line_break + text)

    def _build_block(self, kind: str, text: str) -> list[MessageEvent]:
        index, self._next_index = self._next_index, self._next_index + 1
        return [
            {
                "type": "content_block_start",
                "index": index,
                "content_block": {"type": kind, kind: ""},
            },
            *_build_delta(index, kind, text),
            {"type": "content_block_stop", "index": index},
        ]

    def _end_message(self, event: LoopEnded) -> list[MessageEvent]:
        if not self._has_started:
            # Nothing was sent yet, so the client can get the reason as an error.
            if event.status == "stopped" and event.why is not None:
                raise Stopped(event.why)
            raise StreamBroken("The task ended before Claude's answer began.")
        explanation: list[MessageEvent] = []
        stop_reason: StopReason = "end_turn"
        if event.why is not None:
            label = "Stopped" if event.status == "stopped" else "Ended"
            why = f"{label}: {event.why[:1].lower()}{event.why[1:].rstrip('.')}."
            explanation = self._build_block("text", f"\n\n{why}" if self._has_text else why)
        elif self._stop["stop_reason"] is not None:
            stop_reason = self._stop["stop_reason"]
        stop: StopDelta = {**self._stop, "stop_reason": stop_reason}
        usage = sum_usage(self._earlier_usage, self._turn_usage)
        return [
            *explanation,
            {"type": "message_delta", "delta": stop, "usage": usage},
            {"type": "message_stop"},
        ]


def _describe_actions(event: ActionsDone) -> str:
    lines = "".join(f"→ {what}\n" for what in event.what)
    return lines if event.failed is None else f"{lines}  {event.failed}\n"


def _renumber(event: MessageEvent, index: int) -> MessageEvent:
    return cast(MessageEvent, {**cast(dict[str, Any], event), "index": index})


def _build_delta(index: int, kind: str, text: str) -> list[MessageEvent]:
    return [
        {
            "type": "content_block_delta",
            "index": index,
            "delta": {"type": f"{kind}_delta", kind: text},
        }
    ]
