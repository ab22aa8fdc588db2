"""A body in the Responses API's style on the chat endpoint, as the chat request it stands for.

Some editors (Cursor) post `input` in place of `messages` to `/v1/chat/completions` and expect a
chat completion back. https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from bridge.wire.sealed import unsealed

Json = dict[str, Any]

NAMED_FIELD = "named_field"
"""The type of a validation error that names its field itself, as `param` in its context."""

_RENAMED = {"max_output_tokens": "max_completion_tokens"}
_TEXT_PARTS = ("input_text", "output_text", "text", "summary_text")


def as_chat(body: Any) -> Any:
    """The body as it is, unless it has `input` and no `messages`."""
    if not isinstance(body, Mapping) or body.get("messages") is not None or "input" not in body:
        return body
    chat = {
        _RENAMED.get(name, name): value
        for name, value in body.items()
        if name not in ("input", "instructions", "text", "messages")
    }
    chat["messages"] = [*_instructions(body.get("instructions")), *_messages(body["input"])]
    return {**chat, **_text(body.get("text") or {})}


def _instructions(words: Any) -> list[Json]:
    return [{"role": "system", "content": words}] if words else []


def _messages(given: Any) -> list[Json]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, list):
        raise _refused("input", "it must be a string or a list of items")
    return [_message(item, f"input[{index}]") for index, item in enumerate(given)]


def _refused(param: str, why: str) -> PydanticCustomError:
    message = f"Invalid value for {param}: {why}."
    return PydanticCustomError(NAMED_FIELD, "{message}", {"param": param, "message": message})


def _message(item: Any, where: str) -> Json:
    if not isinstance(item, Mapping):
        raise _refused(where, "an item is an object")
    match item.get("type", "message"):
        case "message":
            return {"role": item.get("role", "user"), "content": _content(item.get("content"))}
        case "function_call":
            called = {"name": item.get("name"), "arguments": item.get("arguments")}
            return _calls(item, "function", called)
        case "custom_tool_call":
            return _calls(item, "custom", {"name": item.get("name"), "input": item.get("input")})
        case "function_call_output" | "custom_tool_call_output":
            content = _content(item.get("output"))
            return {"role": "tool", "tool_call_id": item.get("call_id"), "content": content}
        case "reasoning":
            block = unsealed(item.get("encrypted_content"))
            if block is not None:
                return {"role": "assistant", "content": None, "thinking_blocks": [block]}
            # Without content it stands for nothing but a notice that it is set aside.
            return {"role": "assistant", "content": None, "reasoning": item.get("summary") or True}
        case kind:
            raise _refused(where, f"items of type {kind} cannot be taken on this endpoint")


def _calls(item: Mapping[str, Any], kind: str, called: Json) -> Json:
    call = {"id": item.get("call_id") or item.get("id"), "type": kind, kind: called}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _content(content: Any) -> Any:
    return [_part(part) for part in content] if isinstance(content, list) else content


def _part(part: Any) -> Any:
    """A content part; what is not of the Responses API's kinds goes on as it is."""
    if not isinstance(part, Mapping):
        return part
    match part.get("type"):
        case kind if kind in _TEXT_PARTS:
            return {"type": "text", "text": part.get("text")}
        case "input_image":
            image = {"url": part.get("image_url"), "detail": part.get("detail")}
            return {"type": "image_url", "image_url": image}
        case "input_file":
            names = ("file_data", "file_id", "filename")
            return {"type": "file", "file": {name: part.get(name) for name in names}}
        case _:
            return part


def _text(text: Mapping[str, Any]) -> Json:
    """`text.format` and `text.verbosity`, under the names they have in a chat."""
    chat: Json = {}
    form = text.get("format")
    if isinstance(form, Mapping):
        schema = {name: value for name, value in form.items() if name != "type"}
        named = {"json_schema": schema} if form.get("type") == "json_schema" else {}
        chat["response_format"] = {"type": form.get("type"), **named}
    if text.get("verbosity") is not None:
        chat["verbosity"] = text["verbosity"]
    return chat
