"""Restore Claude's thinking in tool-calling turns that clients return without it.

A thinking block's signature is valid only for the same model and the same preceding content. So a
stored turn replaces the client's version only if a hash of everything before it still matches;
otherwise the client's version is sent.
https://platform.claude.com/docs/en/build-with-claude/thinking
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bridge.store.stored_turn import StoredTurn
from bridge.wire.messages import Block, Message, MessagesRequest

_THINKING = ("thinking", "redacted_thinking")
_THINKING_REFUSAL = re.compile(
    r"thinking.*(bound to|signature|cannot be modified)|signature.*thinking|expected `thinking`",
    re.IGNORECASE | re.DOTALL,
)


class _Prefix:
    """A running hash of the model, tools, system prompt and messages.

    Cache markers are left out: clients move them with every turn.
    """

    def __init__(self, request: MessagesRequest) -> None:
        tools = sorted(
            (_strip_cache_control(tool) for tool in request.tools or ()), key=_encode_sorted
        )
        self._hash = hashlib.sha256(
            _encode_sorted([request.model, _strip_cache_control(request.system or ()), tools])
        )

    def add(self, message: Message) -> None:
        for block in message["content"]:
            self._hash.update(_encode_sorted([message["role"], _strip_cache_control(block)]))

    def digest(self) -> str:
        return self._hash.copy().hexdigest()


def hash_prefix(request: MessagesRequest) -> str:
    """Return the hash of everything Claude reads with this request."""
    prefix = _Prefix(request)
    for message in request.messages:
        prefix.add(message)
    return prefix.digest()


def list_call_ids(request: MessagesRequest) -> list[str]:
    """Return the ids of all tool calls in the request; turns are stored under them."""
    return _list_tool_use_ids(request.messages)


def restore_thinking(request: MessagesRequest, stored: Mapping[str, StoredTurn]) -> MessagesRequest:
    """Replace messages by their stored turns where the preceding content is unchanged."""
    if not stored:
        return request
    prefix = _Prefix(request)
    messages: list[Message] = []
    for message in request.messages:
        turn = next((stored[id] for id in _list_tool_use_ids([message]) if id in stored), None)
        if turn is not None and _can_restore(turn, message, prefix):
            content = _copy_marker(message["content"], turn.blocks)
            message = {"role": message["role"], "content": content}
        messages.append(message)
        prefix.add(message)
    return replace(request, messages=tuple(messages))


def is_thinking_refusal(refusal: str) -> bool:
    """Return whether the message of a 400 is about misplaced thinking."""
    return _THINKING_REFUSAL.search(refusal) is not None


def has_thinking(request: MessagesRequest) -> bool:
    """Return whether any message contains thinking."""
    blocks = (block for message in request.messages for block in message["content"])
    return any(block["type"] in _THINKING for block in blocks)


def strip_thinking(request: MessagesRequest) -> MessagesRequest:
    """Remove all thinking; messages that contained nothing else are left out."""
    messages: list[Message] = [
        {
            "role": message["role"],
            "content": [block for block in message["content"] if block["type"] not in _THINKING],
        }
        for message in request.messages
    ]
    return replace(request, messages=tuple(message for message in messages if message["content"]))


def has_loop_without_thinking(request: MessagesRequest) -> bool:
    """Return whether the current tool loop has a turn that does not begin with thinking.

    Models with a thinking budget refuse to think in such a loop.
    """
    for message in reversed(request.messages):
        if message["role"] == "user" and not _has_tool_results(message):
            return False
        if message["role"] == "assistant" and message["content"][0]["type"] not in _THINKING:
            return True
    return False


def _has_tool_results(message: Message) -> bool:
    return any(block["type"] == "tool_result" for block in message["content"])


def _list_tool_use_ids(messages: Iterable[Message]) -> list[str]:
    return [
        block["id"]
        for message in messages
        if message["role"] == "assistant"
        for block in message["content"]
        if block["type"] == "tool_use"
    ]


def _can_restore(turn: StoredTurn, message: Message, prefix: _Prefix) -> bool:
    same = _extract_visible(turn.blocks) == _extract_visible(message["content"])
    return same and turn.prefix == prefix.digest()


def _extract_visible(blocks: Iterable[Block]) -> tuple[str, bytes]:
    """Return the text and the tool calls of a turn: the part that clients send back."""
    blocks = tuple(blocks)
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    calls = [
        [block["id"], block["name"], block["input"]]
        for block in blocks
        if block["type"] == "tool_use"
    ]
    # Clients may trim the text they send back.
    return text.strip(), _encode_sorted(calls)


def _copy_marker(source: Iterable[Block], blocks: Iterable[Block]) -> list[Block]:
    """Return the stored blocks, with the client's cache marker on the last one."""
    marker = next((b["cache_control"] for b in source if "cache_control" in b), None)
    marked = list(blocks)
    # A cache marker on a thinking block would be refused.
    if marker is not None and marked[-1]["type"] not in _THINKING:
        marked[-1] = {**marked[-1], "cache_control": marker}
    return marked


def _strip_cache_control(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _strip_cache_control(part)
            for name, part in value.items()
            if name != "cache_control"
        }
    return (
        [_strip_cache_control(part) for part in value] if isinstance(value, list | tuple) else value
    )


def _encode_sorted(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
