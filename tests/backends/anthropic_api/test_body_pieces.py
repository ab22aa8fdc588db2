"""A body in pieces is the same bytes as one that is encoded at once."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.backends.anthropic_api.body_pieces import BodyPieces
from bridge.wire.json_bytes import encode_json

LONG = "iVBORw0KGgo/+=" * 50_000


def picture(data: object) -> dict[str, Any]:
    source = {"type": "base64", "media_type": "image/png", "data": data}
    return {"type": "image", "source": source, "cache_control": {"type": "ephemeral"}}


def result(*content: object) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "a", "content": list(content), "is_error": False}


BODIES: dict[str, list[list[Any]]] = {
    "nothing long": [[{"type": "text", "text": "Grüße"}, picture("iVBO")]],
    "a picture": [[{"type": "text", "text": "Hi"}, picture(LONG)]],
    "pictures of several turns": [[picture(LONG), picture("a" + LONG)], [picture(LONG)]],
    "in a result": [[result({"type": "text", "text": "Hi"}, picture(LONG)), picture(LONG)]],
    "a long text": [[{"type": "text", "text": LONG}]],
    "text with escapes": [[picture('"\\\x00\x1f\x7f\n' * 50_000)]],
    "text in other letters": [[picture("Grüße, \U0001f600" * 50_000)]],
    "half a character": [[picture("\ud800" * 100_000), picture(LONG), picture("\udc00")]],
    "odd blocks": [["text", None, {"source": LONG}, {"source": {"data": 1}}, {"content": LONG}]],
}


@pytest.mark.parametrize("name", BODIES)
def test_the_pieces_are_what_is_encoded_at_once(name: str) -> None:
    messages = tuple({"role": "user", "content": content} for content in BODIES[name])
    body = {"model": "claude-opus-5-5", "messages": messages, "max_tokens": 1, "stream": True}
    pieces = BodyPieces(body)
    for _ in range(2):
        assert b"".join(pieces) == encode_json(body)
    assert pieces.size == len(encode_json(body))
    assert all(0 < len(piece) <= 256 * 1024 for piece in pieces)


def test_the_body_stays_as_it_is() -> None:
    block = picture(LONG)
    body = {"messages": ({"role": "user", "content": [block]},)}
    assert len(list(BodyPieces(body))) > 3
    assert block == picture(LONG)
