"""Join several turns of Claude into one answer: after a pause, or to get a required tool call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from bridge.errors import OutputMismatch
from bridge.store.stored_turn import StoredTurn
from bridge.translate.stream.content_blocks import BlockCollector, find_calls
from bridge.translate.stream.message_end import read_container
from bridge.translate.stream.usage import merge_usage, sum_usage
from bridge.translate.thinking_replay import hash_prefix
from bridge.wire.messages import (
    BLOCK_TYPES,
    Block,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    Message,
    MessageDelta,
    MessageEvent,
    MessagesRequest,
    Usage,
)

# How the turns of one answer go through `Continuation`:
#
#   message_stop after                 next
#   pause_turn                         a turn with the same request and the blocks so far
#   end_turn or stop_sequence without  once: a turn after a user message that requests it
#     the required tool call
#   anything else                      the answer ends
#
# Input: the events of a turn, then take_follow_up() for the next turn's request.
# Output: the events of a single answer. `message_start` comes only from the first turn, and
# `message_stop` only from the last one, behind a `message_delta` with the usage of all turns.
# Each earlier turn has a `message_delta` without a stop reason at its end, and the next one at its
# start: if the answer breaks off, the usage until then is known.
# Content blocks are renumbered: `_offset` is the number of blocks in earlier turns. Events and
# blocks of an unknown type are left out: their deltas may hold anything.

MAX_PAUSES = 20
"""Each pause leads to another request, whose tokens the user pays for."""
_VOLUNTARY_ENDS = ("end_turn", "stop_sequence")
_THINKING = ("thinking", "redacted_thinking")


def check_pauses(count: int) -> None:
    """Raise OutputMismatch if Claude has paused its turn too often."""
    if count > MAX_PAUSES:
        raise OutputMismatch(f"Claude paused {MAX_PAUSES} times without ending its turn.")


class Continuation:
    """Feed it a turn's events, call `take_follow_up`, and repeat until that returns None."""

    def __init__(self, request: MessagesRequest, must_call: str | None = None) -> None:
        """`must_call`: the user message that requests the required tool call, or None."""
        self._first = self._request = request
        self._must_call = must_call
        self._asked_again = False
        self._pauses = 0
        self._before: list[Block] = []
        self._usage_before: Usage | None = None
        self._shown = 0
        self._follow_up: MessagesRequest | None = None
        self._ended = False
        self._container: str | None = None
        self._begin_turn()

    def _begin_turn(self) -> None:
        self._answer = BlockCollector()
        self._offset = self._shown
        self._in_unknown = False
        self._usage: Usage = {}
        self._last: MessageDelta | None = None

    def feed(self, event: MessageEvent) -> list[MessageEvent]:
        self._answer.feed(event)
        match event["type"]:
            # By far the most frequent event, and unchanged in the first turn.
            case "content_block_delta" if not (self._offset or self._in_unknown):
                return [event]
            case "message_start":
                self._usage = event["message"].get("usage", {})
                return [event] if self._usage_before is None else [self._build_usage()]
            case "content_block_start" | "content_block_delta" | "content_block_stop":
                return self._show_block(event)
            case "message_delta":
                self._usage = merge_usage(self._usage, event["usage"])
                self._container = read_container(event) or self._container
                if event["delta"]["stop_reason"] is None:
                    if self._last is None:
                        # Such as between two steps of computer use.
                        return [self._build_usage()]
                    event = {**event, "delta": self._last["delta"]}
                self._last = event
                return []
            case "message_stop":
                return self._end_turn(event)
            case "ping":
                return [event]
            case _:
                return []

    def _show_block(
        self, event: ContentBlockStart | ContentBlockDelta | ContentBlockStop
    ) -> list[MessageEvent]:
        """Renumber an event of a block; leave out blocks of an unknown type."""
        if event["type"] == "content_block_start":
            self._in_unknown = event["content_block"]["type"] not in BLOCK_TYPES
        if self._in_unknown:
            return []
        self._shown = max(self._shown, event["index"] + self._offset + 1)
        return [self._shift_index(event)]

    def take_follow_up(self) -> MessagesRequest | None:
        """Return the request of the next turn, or None if this was the last one."""
        self._follow_up, request = None, self._follow_up
        if request is not None:
            self._request = request
            self._begin_turn()
        return request

    def build_stored_turn(self) -> StoredTurn | None:
        """Return the turn to restore in later requests: one with thinking and tool calls.

        Returns None otherwise, and after the extra user message, which the client does not see.
        """
        blocks = [*self._before, *self._answer.list_blocks()]
        has_thinking = any(block["type"] in _THINKING for block in blocks)
        if not self._ended or self._asked_again or not has_thinking or not find_calls(blocks):
            return None
        return StoredTurn(hash_prefix(self._first), tuple(blocks))

    def _shift_index(self, event: MessageEvent) -> MessageEvent:
        if not self._offset:
            return event
        indexed = cast(dict[str, Any], event)
        return cast(MessageEvent, {**indexed, "index": indexed["index"] + self._offset})

    def _end_turn(self, event: MessageEvent) -> list[MessageEvent]:
        reason = self._last["delta"]["stop_reason"] if self._last is not None else None
        blocks = self._answer.list_blocks()
        if reason == "pause_turn":
            self._pauses += 1
            check_pauses(self._pauses)
            self._continue_with({"role": "assistant", "content": blocks})
            return [self._build_usage()]
        missing = reason in _VOLUNTARY_ENDS and not find_calls(blocks)
        if self._must_call and missing and not self._asked_again:
            self._asked_again = True
            reminder: Message = {
                "role": "user",
                "content": [{"type": "text", "text": self._must_call}],
            }
            self._continue_with({"role": "assistant", "content": blocks}, reminder)
            return [self._build_usage()]
        self._ended = True
        return [*self._build_final_delta(), event]

    def _continue_with(self, *turns: Message) -> None:
        added = [turn for turn in turns if turn["content"]]
        # Code goes on in its container, where its files and variables are.
        more = {"container": self._container} if self._container else {}
        self._follow_up = replace(
            self._request,
            messages=_append_turns(self._request.messages, added),
            more={**self._request.more, **more},
        )
        self._before += self._answer.list_blocks()
        self._usage_before = sum_usage(self._usage_before or {}, self._usage)
        self._usage = {}

    def _build_usage(self) -> MessageDelta:
        """Build an event with the usage of the turns until now, of which the last may go on."""
        usage = sum_usage(self._usage_before or {}, self._usage)
        delta: Any = {"stop_reason": None, "stop_sequence": None}
        return {"type": "message_delta", "delta": delta, "usage": usage}

    def _build_final_delta(self) -> list[MessageEvent]:
        if self._last is None or self._usage_before is None:
            return [] if self._last is None else [self._last]
        usage = sum_usage(self._usage_before, self._usage)
        return [{**self._last, "usage": usage}]


def _append_turns(messages: tuple[Message, ...], more: list[Message]) -> tuple[Message, ...]:
    """Append turns, merging those with the same role: a paused turn continues in one message."""
    merged = list(messages)
    for turn in more:
        if merged and merged[-1]["role"] == turn["role"]:
            content = [*merged[-1]["content"], *turn["content"]]
            merged[-1] = {"role": turn["role"], "content": content}
        else:
            merged.append(turn)
    return tuple(merged)
