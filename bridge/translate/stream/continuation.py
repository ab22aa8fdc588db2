"""Several of Claude's turns as one answer: paused ones go on, a missing tool call is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from bridge.errors import PromiseNotKept
from bridge.store.stored_turn import Kept
from bridge.translate.stream.content_blocks import AnswerBlocks, calls_in
from bridge.translate.stream.usage import merged, summed
from bridge.translate.thinking_replay import prefix_of
from bridge.wire.messages import Block, Message, MessageDelta, MessageEvent, MessagesRequest, Usage

MOST_PAUSES = 20
_ENDED_BY_ITSELF = ("end_turn", "stop_sequence")
_WORTH_KEEPING = ("thinking", "redacted_thinking")


class Turns:
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
        self._begin()

    def _begin(self) -> None:
        self._answer = AnswerBlocks()
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
                return [self._moved(event)]
            case "message_delta":
                self._usage = merged(self._usage, event["usage"])
                self._last = event
                return []
            case "message_stop":
                return self._stopped(event)
            case _:
                return [event]

    def follow_up(self) -> MessagesRequest | None:
        """The request of the next turn, when this one was not the last."""
        self._follow_up, request = None, self._follow_up
        if request is not None:
            self._request = request
            self._begin()
        return request

    def kept(self) -> Kept | None:
        """What is worth giving back with the next request: calls that were thought about."""
        blocks = [*self._before, *self._answer.blocks()]
        thought = any(block["type"] in _WORTH_KEEPING for block in blocks)
        if not self._ended or self._asked_again or not thought or not calls_in(blocks):
            return None
        return Kept(prefix_of(self._first), tuple(blocks))

    def _moved(self, event: MessageEvent) -> MessageEvent:
        if not self._offset:
            return event
        indexed = cast(dict[str, Any], event)
        return cast(MessageEvent, {**indexed, "index": indexed["index"] + self._offset})

    def _stopped(self, event: MessageEvent) -> list[MessageEvent]:
        reason = self._last["delta"]["stop_reason"] if self._last is not None else None
        blocks = self._answer.blocks()
        if reason == "pause_turn":
            self._pauses += 1
            if self._pauses > MOST_PAUSES:
                raise PromiseNotKept(f"Claude paused {MOST_PAUSES} times and did not end its turn.")
            self._go_on({"role": "assistant", "content": blocks})
            return []
        missing = reason in _ENDED_BY_ITSELF and not calls_in(blocks)
        if self._must_call and missing and not self._asked_again:
            self._asked_again = True
            ask: Message = {
                "role": "user",
                "content": [{"type": "text", "text": self._must_call}],
            }
            self._go_on({"role": "assistant", "content": blocks}, ask)
            return []
        self._ended = True
        return [*self._whole_ending(), event]

    def _go_on(self, *turns: Message) -> None:
        said = [turn for turn in turns if turn["content"]]
        self._follow_up = replace(self._request, messages=_joined(self._request.messages, said))
        self._before += self._answer.blocks()
        self._usage_before = summed(self._usage_before or {}, self._usage)

    def _whole_ending(self) -> list[MessageEvent]:
        if self._last is None or self._usage_before is None:
            return [] if self._last is None else [self._last]
        usage = summed(self._usage_before, self._usage)
        return [{**self._last, "usage": usage}]


def _joined(messages: tuple[Message, ...], more: list[Message]) -> tuple[Message, ...]:
    """What Claude said in several pauses is one turn of its own."""
    joined = list(messages)
    for turn in more:
        if joined and joined[-1]["role"] == turn["role"]:
            content = [*joined[-1]["content"], *turn["content"]]
            joined[-1] = {"role": turn["role"], "content": content}
        else:
            joined.append(turn)
    return tuple(joined)
