"""Thinking given back: the turns that clients return without it are made whole again.

A thinking block is bound to the model and to everything before it, so a kept turn is put back only
where that is the same to the letter; elsewhere the client's own version stands.
https://platform.claude.com/docs/en/build-with-claude/thinking
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bridge.store.stored_turn import Kept
from bridge.wire.messages import Block, Message, MessagesRequest

_THINKING = ("thinking", "redacted_thinking")
_THINKING_REFUSAL = re.compile(
    r"thinking.*(bound to|signature|cannot be modified)|signature.*thinking|expected `thinking`",
    re.IGNORECASE | re.DOTALL,
)


class _Prefix:
    """A fingerprint that grows with the conversation; cache markers do not count."""

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
    """The fingerprint of all that Claude is sent with this request."""
    prefix = _Prefix(request)
    for message in request.messages:
        prefix.add(message)
    return prefix.digest()


def list_call_ids(request: MessagesRequest) -> list[str]:
    """The ids of all calls in the history: under each of them a turn may be kept."""
    return [id for message in request.messages for id in _list_tool_use_ids(message)]


def restore_thinking(request: MessagesRequest, kept: Mapping[str, Kept]) -> MessagesRequest:
    """The request with every kept turn put back that still has its place."""
    if not kept:
        return request
    prefix = _Prefix(request)
    messages: list[Message] = []
    for message in request.messages:
        turn = next((kept[id] for id in _list_tool_use_ids(message) if id in kept), None)
        if turn is not None and _can_restore(turn, message, prefix):
            content = _copy_marker(message["content"], turn.blocks)
            message = {"role": message["role"], "content": content}
        messages.append(message)
        prefix.add(message)
    return replace(request, messages=tuple(messages))


def is_thinking_refusal(refusal: str) -> bool:
    """Whether a 400 says that thinking was given back in the wrong place."""
    return _THINKING_REFUSAL.search(refusal) is not None


def has_thinking(request: MessagesRequest) -> bool:
    """Whether any is given back."""
    blocks = (block for message in request.messages for block in message["content"])
    return any(block["type"] in _THINKING for block in blocks)


def strip_thinking(request: MessagesRequest) -> MessagesRequest:
    """The request with none given back."""
    messages: list[Message] = [
        {
            "role": message["role"],
            "content": [block for block in message["content"] if block["type"] not in _THINKING],
        }
        for message in request.messages
    ]
    return replace(request, messages=tuple(message for message in messages if message["content"]))


def has_loop_without_thinking(request: MessagesRequest) -> bool:
    """Whether a running tool loop has a turn that does not begin with thinking.

    Models with a thinking budget refuse to think on in such a one.
    """
    for message in reversed(request.messages):
        if message["role"] == "user" and not _has_tool_results(message):
            return False
        if message["role"] == "assistant" and message["content"][0]["type"] not in _THINKING:
            return True
    return False


def _has_tool_results(message: Message) -> bool:
    return any(block["type"] == "tool_result" for block in message["content"])


def _list_tool_use_ids(message: Message) -> Iterable[str]:
    if message["role"] != "assistant":
        return ()
    return [block["id"] for block in message["content"] if block["type"] == "tool_use"]


def _can_restore(turn: Kept, message: Message, prefix: _Prefix) -> bool:
    same = _extract_visible(turn.blocks) == _extract_visible(message["content"])
    return same and turn.prefix == prefix.digest()


def _extract_visible(blocks: Iterable[Block]) -> tuple[str, bytes]:
    """What a client sees of a turn, and gives back: its text and its calls."""
    blocks = tuple(blocks)
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    calls = [
        [block["id"], block["name"], block["input"]]
        for block in blocks
        if block["type"] == "tool_use"
    ]
    return text.strip(), _encode_sorted(calls)


def _copy_marker(given: Iterable[Block], blocks: Iterable[Block]) -> list[Block]:
    """The kept blocks, with the client's cache marker on the last of them."""
    marker = next((b["cache_control"] for b in given if "cache_control" in b), None)
    kept = list(blocks)
    if marker is not None and kept[-1]["type"] not in _THINKING:
        kept[-1] = {**kept[-1], "cache_control": marker}
    return kept


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
