"""Bodies of the benchmarks' requests. Upstream reads in the last message what it shall answer."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Mapping
from typing import Any

MODEL = "claude-opus-5-5"
ASKS = {"role": "user", "content": "deltas=20"}
"""Asks upstream for an answer of 20 pieces."""


def build_chat(deltas: int, *, stream: bool = True, **more: Any) -> dict[str, Any]:
    """Build a chat that both OpenAI's and Anthropic's endpoint accept."""
    said = [{"role": "user", "content": f"deltas={deltas}"}]
    return {"model": MODEL, "max_tokens": 100_000, "messages": said, "stream": stream, **more}


def to_response_body(chat: Mapping[str, Any]) -> dict[str, Any]:
    """Say a chat in the words of OpenAI's Responses API."""
    said = [_with_parts(turn, _to_response_part) for turn in chat["messages"]]
    return {"model": MODEL, "input": said, "stream": chat["stream"], "store": False}


def to_messages_body(chat: Mapping[str, Any]) -> dict[str, Any]:
    """Say a chat in the words of Anthropic's Messages API."""
    return {**chat, "messages": [_with_parts(turn, _to_block) for turn in chat["messages"]]}


_Part = dict[str, Any]


def _with_parts(turn: _Part, convert: Callable[[_Part], _Part]) -> _Part:
    if isinstance(turn["content"], str):
        return turn
    return {**turn, "content": [convert(part) for part in turn["content"]]}


def _to_response_part(part: _Part) -> _Part:
    if part["type"] == "text":
        return {"type": "input_text", "text": part["text"]}
    return {"type": "input_image", "image_url": part["image_url"]["url"]}


def _to_block(part: _Part) -> _Part:
    if part["type"] == "text":
        return part
    data = part["image_url"]["url"].partition(",")[2]
    source = {"type": "base64", "media_type": "image/png", "data": data}
    return {"type": "image", "source": source}


def build_history() -> list[dict[str, Any]]:
    """Build a conversation of 100 turns and 400 KB."""
    words = "All of this was said before, and is sent again. " * 83
    turns = [{"role": ("user", "assistant")[at % 2], "content": words} for at in range(99)]
    return [*turns, ASKS]


def build_tools() -> list[dict[str, Any]]:
    """Build 30 tools, as an editor sends them with each request."""
    says = "Does one thing to a file of the project, which is described here at some length. " * 6
    of_type = {"type": "string", "description": "What it is for."}
    properties = {f"field_{number}": of_type for number in range(6)}
    schema = {"type": "object", "properties": properties, "required": ["field_0"]}
    return [
        {
            "type": "function",
            "function": {"name": f"tool_{number}", "description": says, "parameters": schema},
        }
        for number in range(30)
    ]


def build_pictures(count: int, edge: int) -> list[dict[str, Any]]:
    """Build a message with PNGs of noise, in OpenAI's format; each has 4 * edge² bytes of JSON."""
    parts: list[dict[str, Any]] = [{"type": "text", "text": ASKS["content"]}]
    for _ in range(count):
        url = "data:image/png;base64," + base64.b64encode(draw_noise(edge)).decode()
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return [{"role": "user", "content": parts}]


def draw_noise(edge: int) -> bytes:
    from PIL import Image

    written = io.BytesIO()
    image = Image.frombytes("RGB", (edge, edge), os.urandom(edge * edge * 3))
    image.save(written, "png", compress_level=0)
    return written.getvalue()
