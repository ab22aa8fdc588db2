"""Read Anthropic's content blocks and the Responses API's parts in a chat's messages.

Cursor sends Anthropic's blocks to OpenAI's endpoint when the model's name contains `claude`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]

_CALLS = ("tool_use", "server_tool_use")
_THINKING = ("thinking", "redacted_thinking")
_TEXTS = ("input_text", "output_text", "summary_text")
_FOREIGN = frozenset(
    {*_CALLS, *_THINKING, *_TEXTS, "tool_result", "image", "document", "input_image", "input_file"}
)


def read_blocks(messages: Any) -> Any:
    """Return messages with OpenAI's parts alone; the same object if there are no others."""
    if not isinstance(messages, list):
        return messages
    # Most messages have only a text, and a conversation has hundreds of them.
    contents = [message.get("content") for message in messages if isinstance(message, dict)]
    if not any(_has_foreign_part(content) for content in contents if isinstance(content, list)):
        return messages
    return [read for message in messages for read in _read_message(message)]


def _has_foreign(message: Any) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    return isinstance(content, list) and _has_foreign_part(content)


def _has_foreign_part(content: list[Any]) -> bool:
    return any(map(_is_foreign, content))


def _is_foreign(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    kind = part.get("type")
    if kind == "image_url":
        return isinstance(part.get("image_url"), str)
    return isinstance(kind, str) and kind in _FOREIGN


def _read_message(message: Any) -> Sequence[Any]:
    """Return the message, behind one for each tool result in it."""
    if not _has_foreign(message):
        return (message,)
    content = message["content"]
    if message.get("role") == "assistant":
        return (_read_assistant(message, content),)
    results = [_read_result(part) for part in content if _get_type(part) == "tool_result"]
    parts = [_read_part(part) for part in content if _get_type(part) != "tool_result"]
    if message.get("role") == "tool" or not results:
        return ({**message, "content": parts},)
    return (*results, {**message, "content": parts}) if parts else results


def _read_assistant(message: Mapping[str, Any], content: Sequence[Any]) -> Json:
    calls = [_read_call(part) for part in content if _get_type(part) in _CALLS]
    thinking = [part for part in content if _get_type(part) in _THINKING]
    parts = [_read_part(part) for part in content if _get_type(part) not in (*_CALLS, *_THINKING)]
    read: Json = {**message, "content": parts or None}
    if calls:
        read["tool_calls"] = [*(message.get("tool_calls") or ()), *calls]
    if thinking:
        read["thinking_blocks"] = [*(message.get("thinking_blocks") or ()), *thinking]
    return read


def _read_call(block: Mapping[str, Any]) -> Json:
    called = {"name": block.get("name"), "arguments": block.get("input")}
    return {"id": block.get("id"), "type": "function", "function": called}


def _read_result(block: Mapping[str, Any]) -> Json:
    content = block.get("content")
    if isinstance(content, list):
        content = [_read_part(part) for part in content]
    if block.get("is_error") is True:
        # OpenAI's results have no such mark, so it stands in the text.
        first: Json = {"type": "text", "text": "[error]"}
        content = [first, *content] if isinstance(content, list) else f"[error] {content or ''}"
    return {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": content}


def _get_type(part: Any) -> Any:
    return part.get("type") if isinstance(part, Mapping) else None


def _read_part(part: Any) -> Any:
    match _get_type(part):
        case kind if kind in _TEXTS:
            return {**part, "type": "text"}
        case "image_url" if isinstance(part.get("image_url"), str):
            return {**part, "image_url": {"url": part["image_url"]}}
        case "input_image":
            url = part.get("image_url") or part.get("file_id")
            return {"type": "image_url", "image_url": {"url": url, "detail": part.get("detail")}}
        case "input_file":
            names = ("file_data", "file_id", "file_url", "filename")
            return {"type": "file", "file": {name: part.get(name) for name in names}}
        case "image":
            url = _read_source(part.get("source"))
            return part if url is None else _keep_marker({"image_url": {"url": url}}, part)
        case "document":
            return _read_document(part)
        case _:
            return part


def _read_document(block: Mapping[str, Any]) -> Any:
    source = block.get("source")
    if isinstance(source, Mapping) and source.get("type") == "text":
        return {"type": "text", "text": source.get("data")}
    url = _read_source(source)
    if url is None:
        return block
    where = "file_data" if url.startswith("data:") else "file_url"
    return {"type": "file", "file": {where: url, "filename": block.get("title")}}


def _read_source(source: Any) -> str | None:
    """Return the address or the data URL of a source; None for any other."""
    match source:
        case {"type": "base64", "data": str(data)}:
            return f"data:{source.get('media_type', '')};base64,{data}"
        case {"type": "url", "url": str(url)}:
            return url
        case _:
            return None


def _keep_marker(part: Json, block: Mapping[str, Any]) -> Json:
    marker = {"cache_control": block["cache_control"]} if "cache_control" in block else {}
    return {"type": "image_url", **part, **marker}
