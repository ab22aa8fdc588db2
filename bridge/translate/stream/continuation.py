"""Several of Claude's turns as one answer: paused ones go on, a missing tool call is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from bridge.errors import PromiseNotKept
from bridge.store.stored_turn import Kept
from bridge.translate.stream.content_blocks import BlockCollector, find_calls
from bridge.translate.stream.usage import merge_usage, sum_usage
from bridge.translate.thinking_replay import hash_prefix
from bridge.wire.messages import Block, Message, MessageDelta, MessageEvent, MessagesRequest, Usage

MAX_PAUSES = 20
_VOLUNTARY_ENDS = ("end_turn", "stop_sequence")
_THINKING = ("thinking", "redacted_thinking")


class Continuation:
    """Feed it the events of one turn, then ask for the `follow_up`; until there is none.

    A turn that is followed by another one shows neither its end nor the next one's start; content
    blocks are counted through, tokens are added up.
    """

    def __init__(self, request: MessagesRequest, must_call: str | None = None) -> None:
        """`must_call`: the words that ask for the tool call the client was promised."""
        self._first = self._request = request
        self._must_call = must_call
        self._asked_again = False
        self._pauses = 0
        self._before: list[Block] = []
        self._usage_before: Usage | None = None
        self._shown = 0
        self._follow_up: MessagesRequest | None = None
        self._ended = False
        self._begin_turn()

    def _begin_turn(self) -> None:
        self._answer = BlockCollector()
        self._offset = self._shown
        self._usage: Usage = {}
        self._last: MessageDelta | None = None

    def feed(self, event: MessageEvent) -> list[MessageEvent]:
        self._answer.feed(event)
        match event["type"]:
            case "content_block_delta" if not self._offset:
                return [event]
            case "message_start":
                self._usage = event["message"].get("usage", {})
                return [event] if self._usage_before is None else []
            case "content_block_start" | "content_block_delta" | "content_block_stop":
                self._shown = max(self._shown, event["index"] + self._offset + 1)
                return [self._shift_index(event)]
            case "message_delta":
                self._usage = merge_usage(self._usage, event["usage"])
                self._last = event
                return []
            case "message_stop":
                return self._end_turn(event)
            case _:
                return [event]

    def take_follow_up(self) -> MessagesRequest | None:
        """The request of the next turn, when this one was not the last."""
        self._follow_up, request = None, self._follow_up
        if request is not None:
            self._request = request
            self._begin_turn()
        return request

    def build_stored_turn(self) -> Kept | None:
        """What is worth giving back with the next request: calls that were thought about."""
        blocks = [*self._before, *self._answer.list_blocks()]
        thought = any(block["type"] in _THINKING for block in blocks)
        if not self._ended or self._asked_again or not thought or not find_calls(blocks):
            return None
        return Kept(hash_prefix(self._first), tuple(blocks))

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
            if self._pauses > MAX_PAUSES:
                raise PromiseNotKept(f"Claude paused {MAX_PAUSES} times and did not end its turn.")
            self._continue_with({"role": "assistant", "content": blocks})
            return []
        missing = reason in _VOLUNTARY_ENDS and not find_calls(blocks)
        if self._must_call and missing and not self._asked_again:
            self._asked_again = True
            ask: Message = {
                "role": "user",
                "content": [{"type": "text", "text": self._must_call}],
            }
            self._continue_with({"role": "assistant", "content": blocks}, ask)
            return []
        self._ended = True
        return [*self._build_final_delta(), event]

    def _continue_with(self, *turns: Message) -> None:
        said = [turn for turn in turns if turn["content"]]
        self._follow_up = replace(
            self._request, messages=_append_turns(self._request.messages, said)
        )
        self._before += self._answer.list_blocks()
        self._usage_before = sum_usage(self._usage_before or {}, self._usage)

    def _build_final_delta(self) -> list[MessageEvent]:
        if self._last is None or self._usage_before is None:
            return [] if self._last is None else [self._last]
        usage = sum_usage(self._usage_before, self._usage)
        return [{**self._last, "usage": usage}]


def _append_turns(messages: tuple[Message, ...], more: list[Message]) -> tuple[Message, ...]:
    """What Claude said in several pauses is one turn of its own."""
    joined = list(messages)
    for turn in more:
        if joined and joined[-1]["role"] == turn["role"]:
            content = [*joined[-1]["content"], *turn["content"]]
            joined[-1] = {"role": turn["role"], "content": content}
        else:
            joined.append(turn)
    return tuple(joined)
