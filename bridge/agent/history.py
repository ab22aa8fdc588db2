"""The conversation of a run as it grows, with old screenshots taken out now and then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.wire.messages import Block, Message, MessagesRequest

MOST = 20
"""Pictures that may be there: above 20 in a request Anthropic takes only smaller ones."""
KEPT = 8
"""Those that stay when it would be more. Rarely many, and not often one: what comes before the
first change stays in Claude's cache, and each change costs it once."""

LEFT_OUT: Block = {"type": "text", "text": "(An earlier screenshot, left out by now.)"}
_THINKING = ("thinking", "redacted_thinking")


class History:
    """Pure. `request` is what to ask next; what was asked before stays its beginning until the
    next taking out."""

    def __init__(
        self, request: MessagesRequest, *, thinking_back: bool = True, bound: bool = True
    ) -> None:
        """`thinking_back`: it can be given back; `bound`: only behind exactly what it followed."""
        self._first = request
        self._turns: list[Message] = []
        self._thinking_back = thinking_back
        self._bound = bound

    @property
    def request(self) -> MessagesRequest:
        return replace(self._first, messages=(*self._first.messages, *self._turns))

    def go_on(self, blocks: Sequence[Block]) -> None:
        """Claude paused: its turn so far, which it will go on with."""
        self._say("assistant", self._given_back(blocks))

    def answered(self, blocks: Sequence[Block], results: Sequence[Block]) -> None:
        """Claude's turn, and what came of its calls."""
        self._say("assistant", self._given_back(blocks))
        self._say("user", list(results))
        if self._pictures() > MOST:
            self._thin_out()

    def _given_back(self, blocks: Sequence[Block]) -> list[Block]:
        return [block for block in blocks if self._thinking_back or block["type"] not in _THINKING]

    def _say(self, role: str, content: list[Block]) -> None:
        """What Claude says in several parts is one turn."""
        if role == "assistant":
            if self._turns and self._turns[-1]["role"] == "assistant":
                content = [*self._turns.pop()["content"], *content]
            self._turns.append({"role": "assistant", "content": content})
        else:
            self._turns.append({"role": "user", "content": content})

    def _pictures(self) -> int:
        return sum(_pictures(block) for turn in self._turns for block in turn["content"])

    def _thin_out(self) -> None:
        """Takes the oldest pictures out, and the thinking that was bound to what they were in."""
        surplus, changed, turns = self._pictures() - KEPT, False, list[Message]()
        for turn in self._turns:
            content = turn["content"]
            if changed and self._bound and turn["role"] == "assistant":
                content = [block for block in content if block["type"] not in _THINKING]
            count = sum(map(_pictures, content))
            if surplus > 0 and count:
                content = [_without(block) for block in content]
                surplus, changed = surplus - count, True
            turns.append({"role": turn["role"], "content": content})
        self._turns = turns


def _pictures(block: Block) -> int:
    if block["type"] != "tool_result":
        return 0
    return sum(part["type"] == "image" for part in block["content"])


def _without(block: Block) -> Block:
    if not _pictures(block):
        return block
    content = [LEFT_OUT if part["type"] == "image" else part for part in block["content"]]
    return {**block, "content": content}
