"""A run as one answer of Claude's: its turns joined, what it does told as thinking."""

from __future__ import annotations

from typing import Any, cast

from bridge.agent.events import ActionsDone, ApprovalRequested, Event, LoopEnded
from bridge.errors import StreamBroken
from bridge.translate.stream.usage import merge_usage, sum_usage
from bridge.wire.messages import ContentBlockStart, MessageEvent, StopDelta, StopReason, Usage

_UNSEEN = ("tool_use", "redacted_thinking")


class MessageAssembler:
    """Pure: feed it every event of a run; it gives those of one answer, numbered through.

    Thinking loses its signature: it holds only where the pictures are, and those stay here.
    """

    def __init__(self) -> None:
        self._began = False
        self._before: Usage = {}
        self._usage: Usage = {}
        self._stop: StopDelta = {"stop_reason": None}
        self._next = 0
        self._shown: dict[int, int] = {}
        self._has_text = False
        self._in_line = False
        """Thinking was told whose last line has no end."""

    def feed(self, event: Event) -> list[MessageEvent]:
        match event:
            case ActionsDone():
                return self._aside(_acted(event))
            case ApprovalRequested():
                what = "; ".join(event.waiting.what)
                return self._aside(f"Waiting for your word: {what}\n")
            case LoopEnded():
                return self._ended(event)
            case _:
                return self._of_claude(event)

    def _of_claude(self, event: MessageEvent) -> list[MessageEvent]:
        match event["type"]:
            case "message_start":
                first, self._began = not self._began, True
                self._before = sum_usage(self._before, self._usage)
                self._usage, self._shown = event["message"].get("usage", {}), {}
                return [event] if first else []
            case "content_block_start":
                return self._started(event)
            case "content_block_delta" | "content_block_stop":
                index = self._shown.get(event["index"])
                signed = event["type"] == "content_block_delta" and (
                    event["delta"]["type"] == "signature_delta"
                )
                if event["type"] == "content_block_delta":
                    thought = event["delta"].get("thinking")
                    self._in_line = not thought.endswith("\n") if thought else self._in_line
                return [] if index is None or signed else [_at(event, index)]
            case "message_delta":
                self._usage = merge_usage(self._usage, event["usage"])
                self._stop = event["delta"]
                return []
            case "message_stop":
                return []
            case _:
                return [event]

    def _started(self, event: ContentBlockStart) -> list[MessageEvent]:
        block = event["content_block"]
        if block["type"] in _UNSEEN:
            return []
        self._shown[event["index"]] = self._next
        started = [_at(event, self._next)]
        if block["type"] == "thinking":
            bare = {name: value for name, value in block.items() if name != "signature"}
            started = [_at(cast(Any, {**event, "content_block": bare}), self._next)]
        if block["type"] == "text":
            # What Claude said before it acted is a paragraph of its own.
            started += _delta(self._next, "text", "\n\n") if self._has_text else []
            self._has_text = True
        self._next += 1
        return started

    def _aside(self, words: str) -> list[MessageEvent]:
        before, self._in_line = "\n" if self._in_line else "", False
        return self._block("thinking", before + words)

    def _block(self, kind: str, words: str) -> list[MessageEvent]:
        index, self._next = self._next, self._next + 1
        return [
            {
                "type": "content_block_start",
                "index": index,
                "content_block": {"type": kind, kind: ""},
            },
            *_delta(index, kind, words),
            {"type": "content_block_stop", "index": index},
        ]

    def _ended(self, event: LoopEnded) -> list[MessageEvent]:
        if not self._began:
            raise StreamBroken("The run ended before Claude's answer began.")
        told: list[MessageEvent] = []
        reason: StopReason = "end_turn"
        if event.why is not None:
            word = "Stopped" if event.status == "stopped" else "Ended"
            why = f"{word}: {event.why[:1].lower()}{event.why[1:].rstrip('.')}."
            told = self._block("text", f"\n\n{why}" if self._has_text else why)
        elif self._stop["stop_reason"] is not None:
            reason = self._stop["stop_reason"]
        stop: StopDelta = {**self._stop, "stop_reason": reason}
        usage = sum_usage(self._before, self._usage)
        return [
            *told,
            {"type": "message_delta", "delta": stop, "usage": usage},
            {"type": "message_stop"},
        ]


def _acted(event: ActionsDone) -> str:
    what = "".join(f"→ {one}\n" for one in event.what)
    return what if event.failed is None else f"{what}  {event.failed}\n"


def _at(event: MessageEvent, index: int) -> MessageEvent:
    return cast(MessageEvent, {**cast(dict[str, Any], event), "index": index})


def _delta(index: int, kind: str, words: str) -> list[MessageEvent]:
    return [
        {
            "type": "content_block_delta",
            "index": index,
            "delta": {"type": f"{kind}_delta", kind: words},
        }
    ]
