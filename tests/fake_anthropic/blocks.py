"""Content blocks, checked one by one."""

from __future__ import annotations

import base64
import binascii
import io
import re
from typing import Any

from PIL import Image, UnidentifiedImageError

_FIELDS: dict[str, set[str]] = {
    "text": {"text", "citations"},
    "image": {"source"},
    "document": {"source", "title", "context", "citations"},
    "tool_use": {"id", "name", "input", "caller", "toolset_name"},
    "tool_result": {"tool_use_id", "content", "is_error", "toolset_name"},
    "thinking": {"thinking", "signature"},
    "redacted_thinking": {"data"},
    "search_result": {"source", "title", "content", "citations"},
    "tool_reference": {"tool_name"},
    "server_tool_use": {"id", "name", "input", "caller"},
    "web_search_tool_result": {"tool_use_id", "content", "caller"},
}
_BY_ROLE = {
    "user": {"text", "image", "document", "tool_result"},
    "assistant": {
        "text",
        "tool_use",
        "thinking",
        "redacted_thinking",
        "server_tool_use",
        "web_search_tool_result",
    },
    "system": {"text"},
    "tool_result": {"text", "image", "document", "tool_reference", "search_result"},
}
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


class Refused(Exception):
    """A rejection in Anthropic's words, with its status."""

    def __init__(self, status: int, type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message


def need(fact: bool, message: str) -> None:
    """Raises a 400 unless the fact holds."""
    if not fact:
        raise Refused(400, "invalid_request_error", message)


def check_block(block: Any, where: str, role: str) -> None:
    """One block at its place; `role` may also be `tool_result`, for what is inside one."""
    need(isinstance(block, dict), f"{where}: Input should be a valid dictionary")
    kind = block.get("type")
    need(kind in _BY_ROLE[role], f"{where}: block type '{kind}' is not allowed here")
    extra = set(block) - _FIELDS[kind] - {"type", "cache_control"}
    need(not extra, f"{where}.{kind}.{min(extra, default='')}: Extra inputs are not permitted")
    match kind:
        case "text":
            text = block.get("text")
            need(isinstance(text, str), f"{where}.text.text: Field required")
            need(bool(text.strip()), f"{where}: text content blocks must be non-empty")
        case "image":
            _check_image(block.get("source") or {}, f"{where}.image.source")
        case "document":
            need("source" in block, f"{where}.document.source: Field required")
        case "tool_use":
            _check_call(block, f"{where}.tool_use")
        case "tool_result":
            _check_result(block, where)
        case "thinking":
            need(bool(block.get("signature")), f"{where}.thinking.signature: Field required")
        case _:
            pass


def _check_call(block: dict[str, Any], where: str) -> None:
    id = block.get("id")
    need(
        isinstance(id, str) and bool(_ID.fullmatch(id)),
        f"{where}.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    )
    check_tool_name(block.get("name"), f"{where}.name")
    need(isinstance(block.get("input"), dict), f"{where}.input: Input should be a valid dictionary")


def check_tool_name(name: Any, where: str) -> None:
    """A tool's name, in a definition or a call."""
    need(
        isinstance(name, str) and bool(_NAME.fullmatch(name)),
        f"{where}: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'",
    )


def _check_result(block: dict[str, Any], where: str) -> None:
    need(isinstance(block.get("tool_use_id"), str), f"{where}.tool_result.tool_use_id: required")
    content = block.get("content")
    if isinstance(content, list):
        for index, inner in enumerate(content):
            check_block(inner, f"{where}.tool_result.content.{index}", "tool_result")


def _check_image(source: dict[str, Any], where: str) -> None:
    if source.get("type") == "url":
        need(str(source.get("url", "")).startswith("http"), f"{where}.url: Only HTTP(S) URLs")
        return
    need(source.get("type") == "base64", f"{where}.type: invalid")
    media_type = source.get("media_type")
    need(
        media_type in _KINDS.values(),
        f"{where}.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or "
        "'image/webp'",
    )
    try:
        with Image.open(io.BytesIO(base64.b64decode(source["data"], validate=True))) as image:
            kind, size = _KINDS.get(image.format or ""), max(image.size)
    except (binascii.Error, ValueError, UnidentifiedImageError) as error:
        raise Refused(400, "invalid_request_error", f"{where}: Could not process image") from error
    need(
        kind == media_type,
        f"{where}.base64: The image was specified using the {media_type} media type, but it "
        f"appears to be a {kind} image",
    )
    need(size <= 8000, f"{where}.base64: image dimensions exceed max allowed size: 8000 pixels")
