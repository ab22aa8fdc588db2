"""Encode long images again where the backend would do it worse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bridge.errors import InvalidRequest
from bridge.errors.abandoned import raise_if_abandoned
from bridge.translate.chat.images import check_pixels, encode_image, read_size
from bridge.translate.notices import Notices
from bridge.wire.messages import Block, Message, MessagesRequest


def has_long_image(request: MessagesRequest, most_bytes: int) -> bool:
    """Return whether a user turn has an image that is longer than `most_bytes`."""
    return any(
        _is_long(block, most_bytes)
        for message in request.messages
        if message["role"] == "user"
        for block in message["content"]
    )


def shorten_images(request: MessagesRequest, most_bytes: int, notices: Notices) -> MessagesRequest:
    """Encode images in user turns again that are longer than `most_bytes`, in the same size.

    Those in tool results are left alone, and those that cannot be read, which upstream judges.
    """
    messages = [
        _shorten_message(message, most_bytes, notices) if message["role"] == "user" else message
        for message in request.messages
    ]
    return replace(request, messages=tuple(messages))


def _shorten_message(message: Message, most_bytes: int, notices: Notices) -> Message:
    content = [
        _shorten(block, most_bytes, notices) if _is_long(block, most_bytes) else block
        for block in message["content"]
    ]
    return {**message, "content": content}


def _is_long(block: Any, most_bytes: int) -> bool:
    # A request in Anthropic's own format has not been read as far as this.
    if not isinstance(block, dict) or block.get("type") != "image":
        return False
    source = block.get("source")
    data = source.get("data") if isinstance(source, dict) else None
    return isinstance(data, str) and _exceeds(data, most_bytes)


def _exceeds(data: str, most_bytes: int) -> bool:
    """Return whether base64 data is longer than `most_bytes` once it is decoded."""
    return len(data) > most_bytes * 4 // 3


def _shorten(block: Block, most_bytes: int, notices: Notices) -> Block:
    raise_if_abandoned()
    data, limit = block["source"]["data"], f"{most_bytes // 1000} kB"
    try:
        size = read_size(data, "messages")
        check_pixels(size, "messages")
        media_type, short = encode_image(data, size, "messages", most_bytes)
    except (InvalidRequest, ValueError):
        return block
    if _exceeds(short, most_bytes):
        notices.add(f"image: longer than {limit}; Claude Code reduces its quality")
        return block
    notices.add(f"image: encoded again; Claude Code accepts {limit} in a user turn")
    source = {"type": "base64", "media_type": media_type, "data": short}
    return {**block, "source": source}
