"""Checks of content blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.fake_anthropic.checks.images import Size, check_image
from tests.fake_anthropic.rejection import (
    need,
    need_dict,
    need_list,
    need_one_of,
    need_only,
    need_str,
    refuse,
)

_RESULT_OF_SERVER = frozenset({"tool_use_id", "content", "caller"})
FIELDS: dict[str, frozenset[str]] = {
    "text": frozenset({"text", "citations"}),
    "image": frozenset({"source", "transformations"}),
    "document": frozenset({"source", "title", "context", "citations"}),
    "search_result": frozenset({"source", "title", "content", "citations"}),
    "thinking": frozenset({"thinking", "signature"}),
    "redacted_thinking": frozenset({"data"}),
    "tool_use": frozenset({"id", "name", "input", "caller", "toolset_name"}),
    "tool_result": frozenset({"tool_use_id", "content", "is_error", "toolset_name"}),
    "tool_reference": frozenset({"tool_name"}),
    "browser_state": frozenset({"tabs", "state_changes"}),
    "container_upload": frozenset({"file_id"}),
    "server_tool_use": frozenset({"id", "name", "input", "caller"}),
    "web_search_tool_result": _RESULT_OF_SERVER,
    "web_fetch_tool_result": _RESULT_OF_SERVER,
    "code_execution_tool_result": _RESULT_OF_SERVER - {"caller"},
    "bash_code_execution_tool_result": _RESULT_OF_SERVER - {"caller"},
    "text_editor_code_execution_tool_result": _RESULT_OF_SERVER - {"caller"},
    "tool_search_tool_result": _RESULT_OF_SERVER - {"caller"},
    "mcp_tool_use": frozenset({"id", "name", "input", "server_name"}),
    "mcp_tool_result": frozenset({"tool_use_id", "content", "is_error"}),
    "mcp_tool_listing": frozenset({"mcp_server_name", "tools"}),
}
"""Without `type` and `cache_control`."""
_OF_CONNECTOR = frozenset({"mcp_tool_use", "mcp_tool_result", "mcp_tool_listing"})
"""Blocks that need the beta of the MCP connector."""
SERVER_RESULTS = frozenset(kind for kind in FIELDS if kind.endswith("_tool_result"))
_UNMARKED = frozenset({"thinking", "redacted_thinking", "mcp_tool_listing"})
"""Blocks that must not have `cache_control`."""
_BY_ROLE: dict[str, frozenset[str]] = {
    "user": frozenset(
        {"text", "image", "document", "search_result", "tool_result", "container_upload"}
    ),
    "assistant": frozenset(
        {"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use"}
        | SERVER_RESULTS
        | _OF_CONNECTOR
    ),
    "system": frozenset({"text"}),
    "tool_result": frozenset(
        {"text", "image", "document", "search_result", "tool_reference", "browser_state"}
    ),
}
_STRINGS: dict[str, tuple[str, ...]] = {
    "redacted_thinking": ("data",),
    "container_upload": ("file_id",),
    "search_result": ("source", "title"),
    "tool_reference": ("tool_name",),
    "mcp_tool_listing": ("mcp_server_name",),
    "result": ("tool_use_id",),
}
"""Blocks for which only these string fields are checked."""
ID = r"^[a-zA-Z0-9_-]+$"
NAME = r"^[a-zA-Z0-9_-]{1,128}$"
_DOCUMENT_SOURCES = ("base64", "text", "content", "url", "file")


@dataclass
class Found:
    """What has to be checked over all blocks of a request."""

    images: int = 0
    sizes: list[tuple[str, Size]] = field(default_factory=list)
    exact: list[tuple[str, Size]] = field(default_factory=list)
    """Images that must not be scaled down."""
    connector: bool = False
    """The request has the beta of the MCP connector."""


def check_block(block: Any, where: str, role: str, found: Found) -> None:
    """Check a block; inside a tool result, `role` is `tool_result`."""
    block = need_dict(block, where)
    kind = block.get("type")
    if kind is None:
        raise refuse(f"{where}.type: Field required")
    known = FIELDS if found.connector else FIELDS.keys() - _OF_CONNECTOR
    if kind not in known:
        raise refuse(
            f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected "
            f"tags: {', '.join(repr(name) for name in sorted(known))}"
        )
    need(kind in _BY_ROLE[role], _describe_misplaced(kind, where, role))
    where = f"{where}.{kind}"
    marks = frozenset() if kind in _UNMARKED else frozenset({"cache_control"})
    need_only(block, FIELDS[kind] | {"type"} | marks, where)
    if block.get("cache_control") is not None:
        check_marker(block["cache_control"], f"{where}.cache_control")
    _check_kind(kind, block, where, role, found)


def _describe_misplaced(kind: str, where: str, role: str) -> str:
    if role in ("user", "assistant"):
        return f"{where}: `{kind}` blocks are not allowed in `{role}` messages"
    return f"{where}: block type '{kind}' is not allowed here"


def _check_kind(kind: str, block: dict[str, Any], where: str, role: str, found: Found) -> None:
    match kind:
        case "text":
            check_text(block.get("text"), where)
            if role in ("user", "system"):
                need(
                    not block.get("citations"), f"{where}.citations: Extra inputs are not permitted"
                )
        case "image":
            _check_image(block, where, found)
        case "document":
            _check_document(block, where)
        case "tool_use" | "server_tool_use":
            _check_call(block, where)
        case "mcp_tool_use":
            _check_call(block, where)
            need_str(block.get("server_name"), f"{where}.server_name")
        case "tool_result":
            _check_result(block, where, found)
        case "thinking":
            need_str(block.get("thinking"), f"{where}.thinking")
            need(
                bool(need_str(block.get("signature"), f"{where}.signature")),
                _describe_bad_signature(where),
            )
        case _:
            for name in _STRINGS.get(kind, _STRINGS["result"] if kind in SERVER_RESULTS else ()):
                need_str(block.get(name), f"{where}.{name}")


def _describe_bad_signature(where: str) -> str:
    return f"{where.rsplit('.', 1)[0]}: Invalid `signature` in `thinking` block"


def check_text(text: Any, where: str) -> None:
    """Check the text of a text block."""
    text = need_str(text, f"{where}.text")
    need(bool(text), "messages: text content blocks must be non-empty")
    need(bool(text.strip()), "messages: text content blocks must contain non-whitespace text")


def check_marker(marker: Any, where: str) -> None:
    """Check a `cache_control`."""
    marker = need_dict(marker, where)
    need_only(marker, frozenset({"type", "ttl"}), where)
    need_one_of(marker.get("type"), ("ephemeral",), f"{where}.type")
    if "ttl" in marker:
        need_one_of(marker["ttl"], ("5m", "1h"), f"{where}.ttl")


def check_id(id: Any, where: str) -> None:
    """Check the id of a tool call."""
    id = need_str(id, where)
    need(bool(re.fullmatch(ID, id)), f"{where}: String should match pattern '{ID}'")


def check_name(name: Any, where: str) -> None:
    """Check the name of a tool in a definition or a call."""
    name = need_str(name, where)
    need(bool(re.fullmatch(NAME, name)), f"{where}: String should match pattern '{NAME}'")


def _check_image(block: dict[str, Any], where: str, found: Found) -> None:
    found.images += 1
    size = check_image(block, where)
    transformations = need_dict(block.get("transformations") or {}, f"{where}.transformations")
    need_only(transformations, frozenset({"oversized_image"}), f"{where}.transformations")
    choice = transformations.get("oversized_image", "downsize")
    need_one_of(choice, ("downsize", "error"), f"{where}.transformations.oversized_image")
    if size is not None:
        found.sizes.append((where, size))
        if choice == "error":
            found.exact.append((where, size))


def _check_document(block: dict[str, Any], where: str) -> None:
    source = need_dict(block.get("source"), f"{where}.source")
    kind = need_one_of(source.get("type"), _DOCUMENT_SOURCES, f"{where}.source.type")
    where = f"{where}.source.{kind}"
    if kind == "base64":
        need_one_of(source.get("media_type"), ("application/pdf",), f"{where}.media_type")
        need(bool(need_str(source.get("data"), f"{where}.data")), f"{where}.data: empty")
    if kind == "url":
        https = need_str(source.get("url"), f"{where}.url").startswith("https://")
        need(https, f"{where}.url: Only HTTPS URLs are supported.")
    if kind == "text":
        need_one_of(source.get("media_type"), ("text/plain",), f"{where}.media_type")
        need_str(source.get("data"), f"{where}.data")


def _check_call(block: dict[str, Any], where: str) -> None:
    check_id(block.get("id"), f"{where}.id")
    check_name(block.get("name"), f"{where}.name")
    need_dict(block.get("input"), f"{where}.input")


def _check_result(block: dict[str, Any], where: str, found: Found) -> None:
    check_id(block.get("tool_use_id"), f"{where}.tool_use_id")
    is_error = block.get("is_error", False)
    need(isinstance(is_error, bool), f"{where}.is_error: Input should be a valid boolean")
    content = block.get("content", "")
    if isinstance(content, str):
        return
    for index, inner in enumerate(need_list(content, f"{where}.content")):
        check_block(inner, f"{where}.content.{index}", "tool_result", found)
        plain = not is_error or inner["type"] == "text"
        need(plain, f"{where}.content.{index}: all content must be text if is_error is true")
