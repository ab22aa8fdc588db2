"""What a client must survive, played by the echo for a message such as "say `prove tools`".

A request that follows, with the results of the tools or after the pause, is answered like any other
message.
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from bridge.backends.base import Batch
from bridge.errors import ConnectionDropped, RateLimited, UpstreamFailed
from bridge.wire.messages import Block, MessageEvent, Usage

END = "end-of-proof"
"""The last word of each answer that is complete: a client that shows it has read the whole."""

BEGINNING = "begins-only"
"""A word of each answer that breaks off: a client that shows it has shown what came."""
SILENT_SECONDS = 25.0
"""Longer than two keep-alives with the default settings."""
RETRY_SECONDS = 2
_RETRY_WITHIN = 60.0
_WORDS = 200
_NO_TOKENS: Usage = {"input_tokens": 0, "output_tokens": 0}
_ASKED = re.compile(r"prove[ \t]+([a-z0-9]+)", re.IGNORECASE)

PHENOMENA: Mapping[str, str] = {
    "stream": "a long answer, word by word",
    "tools": "two tool calls in one answer",
    "thinking": "long thinking: silence, with keep-alives only",
    "refusal": "a refusal (finish_reason content_filter)",
    "error": "an error in the middle of a stream",
    "429": "a rate limit with retry-after, then an answer",
    "cut": "a connection that is dropped in the middle of a stream, without a word",
}


def find_phenomenon(text: str) -> str | None:
    """Return the phenomenon that a message asks for."""
    match = _ASKED.search(text)
    name = match[1].lower() if match else ""
    return name if name in PHENOMENA else None


class Phenomena:
    """Plays them; it remembers for a while which message has met the rate limit."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._limited: dict[int, float] = {}
        """When each text met the limit."""

    def play(
        self, name: str, text: str, tools: Sequence[Block], start: MessageEvent
    ) -> AsyncGenerator[Batch, None]:
        """Return the events. Raises RateLimited, the first time for each text."""
        now = self._clock()
        # One that was never sent again must not spare the next test of the same client.
        self._limited = {k: at for k, at in self._limited.items() if now - at < _RETRY_WITHIN}
        if name == "429" and hash(text) not in self._limited:
            self._limited[hash(text)] = now
            raise RateLimited(
                f"The echo plays a rate limit. Try again in {RETRY_SECONDS} s.",
                headers={"retry-after": str(RETRY_SECONDS)},
            )
        self._limited.pop(hash(text), None)
        players: Mapping[str, Callable[[], AsyncGenerator[Batch, None]]] = {
            "tools": lambda: _play_tools(tools),
            "thinking": _play_thinking,
            "refusal": _play_refusal,
            "error": lambda: _play_failure(UpstreamFailed("The echo plays an error.")),
            "cut": lambda: _play_failure(ConnectionDropped("The echo plays a cut connection.")),
        }
        return _begin(start, players.get(name, _play_stream)())


async def _begin(
    start: MessageEvent, batches: AsyncGenerator[Batch, None]
) -> AsyncGenerator[Batch, None]:
    yield [start]
    async for batch in batches:
        yield batch


async def _play_stream() -> AsyncGenerator[Batch, None]:
    words = [f"word{number} " for number in range(_WORDS)]
    for batch in _say([*words, END]):
        yield batch
    yield _finish("end_turn")


async def _play_tools(tools: Sequence[Block]) -> AsyncGenerator[Batch, None]:
    """Call the first two tools, or the first one twice, without arguments."""
    for batch in _say(["Two tools at once. ", END]):
        yield batch
    called = [*tools[:2], *tools[:1]][:2]
    for index, tool in enumerate(called, start=1):
        name = str(tool.get("name") or tool.get("type"))
        block = {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex}", "name": name, "input": {}}
        yield [
            {"type": "content_block_start", "index": index, "content_block": block},
            _delta(index, {"type": "input_json_delta", "partial_json": "{}"}),
            {"type": "content_block_stop", "index": index},
        ]
    yield _finish("tool_use" if called else "end_turn")


async def _play_thinking() -> AsyncGenerator[Batch, None]:
    thinking = {"type": "thinking", "thinking": "", "signature": ""}
    yield [
        {"type": "content_block_start", "index": 0, "content_block": thinking},
        _delta(0, {"type": "thinking_delta", "thinking": "This takes a while."}),
    ]
    await asyncio.sleep(SILENT_SECONDS)
    yield [{"type": "content_block_stop", "index": 0}]
    for batch in _say(["Thought about it. ", END], index=1):
        yield batch
    yield _finish("end_turn")


async def _play_refusal() -> AsyncGenerator[Batch, None]:
    for batch in _say(["I cannot ", "help with that. ", END]):
        yield batch
    yield _finish("refusal")


async def _play_failure(error: UpstreamFailed) -> AsyncGenerator[Batch, None]:
    for batch in _say(["This answer ", BEGINNING, " "]):
        yield batch
    raise error


def _say(words: Sequence[str], index: int = 0) -> Iterator[Batch]:
    """Yield a text block, one word in each batch."""
    text = {"type": "text", "text": ""}
    yield [{"type": "content_block_start", "index": index, "content_block": text}]
    for word in words:
        yield [_delta(index, {"type": "text_delta", "text": word})]
    yield [{"type": "content_block_stop", "index": index}]


def _delta(index: int, delta: dict[str, Any]) -> MessageEvent:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def _finish(reason: Literal["end_turn", "tool_use", "refusal"]) -> Batch:
    return [
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": _NO_TOKENS},
        {"type": "message_stop"},
    ]
