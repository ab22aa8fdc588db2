"""The conversation of an agent loop, without its oldest screenshots; pure."""

# Each request repeats the whole conversation, and Anthropic caches its beginning. Removing a
# picture changes the conversation from there on and so costs the cache once. That is why pictures
# are removed rarely and many at a time: when there are more than MAX_PICTURES, down to
# PICTURES_LEFT.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.wire.messages import Block, Message, MessagesRequest

MAX_PICTURES = 20
"""With more than 20 in one request, Anthropic accepts only smaller ones."""
PICTURES_LEFT = 8
"""How many of the newest pictures stay when old ones are removed."""

REMOVED_PICTURE: Block = {"type": "text", "text": "(An earlier screenshot was removed here.)"}
_THINKING = ("thinking", "redacted_thinking")


class History:
    """Each `request` extends the one before, except after a removal of pictures."""

    def __init__(
        self, request: MessagesRequest, *, thinking_back: bool = True, bound: bool = True
    ) -> None:
        """`thinking_back`: the model accepts its earlier thinking.

        `bound`: only if nothing before that thinking has changed.
        """
        self._first = request
        self._turns: list[Message] = []
        self._thinking_back = thinking_back
        self._bound = bound

    @property
    def request(self) -> MessagesRequest:
        """The next request."""
        return replace(self._first, messages=(*self._first.messages, *self._turns))

    def add_paused_turn(self, blocks: Sequence[Block]) -> None:
        """Add a turn that Claude paused and will continue."""
        self._append("assistant", self._filter_thinking(blocks))

    def add_turn(self, blocks: Sequence[Block], results: Sequence[Block]) -> None:
        """Add a turn of Claude and the results of its tool calls."""
        self._append("assistant", self._filter_thinking(blocks))
        self._append("user", list(results))
        if self._count_pictures() > MAX_PICTURES:
            self._remove_pictures()

    def _filter_thinking(self, blocks: Sequence[Block]) -> list[Block]:
        return [block for block in blocks if self._thinking_back or block["type"] not in _THINKING]

    def _append(self, role: str, content: list[Block]) -> None:
        if role == "assistant":
            # The parts of a paused turn are one message: roles must alternate.
            if self._turns and self._turns[-1]["role"] == "assistant":
                content = [*self._turns.pop()["content"], *content]
            self._turns.append({"role": "assistant", "content": content})
        else:
            self._turns.append({"role": "user", "content": content})

    def _count_pictures(self) -> int:
        return sum(
            _count_block_pictures(block) for turn in self._turns for block in turn["content"]
        )

    def _remove_pictures(self) -> None:
        """Remove the oldest pictures, and thinking whose signature covers them."""
        surplus, changed, turns = self._count_pictures() - PICTURES_LEFT, False, list[Message]()
        for turn in self._turns:
            content = turn["content"]
            if changed and self._bound and turn["role"] == "assistant":
                content = [block for block in content if block["type"] not in _THINKING]
            count = sum(map(_count_block_pictures, content))
            if surplus > 0 and count:
                content = [_replace_pictures(block) for block in content]
                surplus, changed = surplus - count, True
            turns.append({"role": turn["role"], "content": content})
        self._turns = turns


def _count_block_pictures(block: Block) -> int:
    if block["type"] != "tool_result":
        return 0
    return sum(part["type"] == "image" for part in block["content"])


def _replace_pictures(block: Block) -> Block:
    if not _count_block_pictures(block):
        return block
    content = [REMOVED_PICTURE if part["type"] == "image" else part for part in block["content"]]
    return {**block, "content": content}
