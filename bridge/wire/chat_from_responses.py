"""Convert Responses API bodies that are sent to the chat endpoint to chat requests.

Some editors (Cursor) post `input` instead of `messages` to `/v1/chat/completions` and expect a
chat completion back. https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from bridge.wire.encrypted_content import unpack_block
from bridge.wire.response_items import server_calls
from bridge.wire.response_items.client_calls import (
    BRINGS_TOOLS,
    OUTPUTS,
    TOOLS_BY_CALL,
    as_function_call,
    as_function_output,
)
from bridge.wire.response_items.hosted import as_text_message

Json = dict[str, Any]

NAMED_FIELD = "named_field"
"""The type of a validation error whose context has the field's name as `param`."""

# Plain dicts, not models: this runs before validation, so a field may have any type. Errors that
# are not found here are found by the validation of the chat request.

_RENAMED = {"max_output_tokens": "max_completion_tokens"}
_PLAIN_ITEMS = ("message", "reasoning", "function_call", "function_call_output")
_REFUSED_ITEMS = ("item_reference", "compaction", "computer_call", "computer_call_output")
"""Items that this endpoint cannot read, and whose loss would change the conversation."""


def to_chat_body(body: Any) -> Any:
    """Convert a body with `input` and without `messages`; return any other unchanged.

    Content parts stay as they are: `read_blocks` reads those of each dialect.
    """
    if not isinstance(body, dict) or body.get("messages") is not None or "input" not in body:
        return body
    chat = {
        _RENAMED.get(name, name): value
        for name, value in body.items()
        if name not in ("input", "instructions", "text", "messages")
    }
    chat["messages"] = [
        *_build_system_message(body.get("instructions")),
        *_convert_input(body["input"]),
    ]
    if tools := _list_additional_tools(body["input"]):
        chat["tools"] = [*(chat.get("tools") or ()), *tools]
    return {**chat, **_convert_text_options(body.get("text") or {})}


def _list_additional_tools(input: Any) -> list[Any]:
    """List the tools that items of the input bring."""
    return [
        tool
        for item in (input if isinstance(input, list) else ())
        if isinstance(item, dict) and item.get("type") in BRINGS_TOOLS
        if isinstance(item.get("tools"), list)
        for tool in item["tools"]
    ]


def _build_system_message(text: Any) -> list[Json]:
    return [{"role": "system", "content": text}] if text else []


def _convert_input(input: Any) -> list[Json]:
    if isinstance(input, str):
        return [{"role": "user", "content": input}]
    if not isinstance(input, list):
        raise _make_refusal("input", "it must be a string or a list of items")
    return [
        _convert_item(_replace_special_item(item, index, input), index)
        for index, item in enumerate(input)
    ]


def _replace_special_item(item: Any, index: int, input: list[Any]) -> Any:
    """Replace an item that belongs to a built-in tool by one that a chat has."""
    # Not any mapping: a check for one takes ten times as long, and JSON has no others.
    kind = item.get("type") if isinstance(item, dict) else None
    if not isinstance(kind, str) or kind in _PLAIN_ITEMS:
        return item
    if kind in TOOLS_BY_CALL:
        return as_function_call(item)
    if kind in OUTPUTS:
        return as_function_output(item, input[:index])
    return as_text_message(item) or item


def _make_refusal(param: str, why: str) -> PydanticCustomError:
    message = f"Invalid value for {param}: {why}."
    return PydanticCustomError(NAMED_FIELD, "{message}", {"param": param, "message": message})


def _convert_item(item: Any, index: int) -> Json:
    if not isinstance(item, dict):
        raise _make_refusal(f"input[{index}]", "an item must be an object")
    match item.get("type", "message"):
        case "message":
            return {"role": item.get("role", "user"), "content": item.get("content")}
        case "function_call":
            called = {"name": item.get("name"), "arguments": item.get("arguments")}
            return _build_call_message(item, "function", called)
        case "custom_tool_call":
            return _build_call_message(
                item, "custom", {"name": item.get("name"), "input": item.get("input")}
            )
        case "function_call_output" | "custom_tool_call_output":
            id, content = item.get("call_id"), item.get("output")
            return {"role": "tool", "tool_call_id": id, "content": content}
        case "reasoning":
            block = unpack_block(item.get("encrypted_content"))
            if block is not None:
                return {"role": "assistant", "content": None, "thinking_blocks": [block]}
            # `reasoning` is an unknown field, so the client gets a notice that it is ignored.
            return {"role": "assistant", "content": None, "reasoning": item.get("summary") or True}
        case server_calls.SERVER_BLOCKS:
            return {"role": "assistant", "content": None, "server_blocks": item.get("blocks")}
        case kind if not isinstance(kind, str) or kind in _REFUSED_ITEMS:
            why = f"items of type {kind} are not supported on this endpoint"
            raise _make_refusal(f"input[{index}]", why)
        case kind:
            # An unknown field, as above: the notice names the item's type.
            return {"role": "assistant", "content": None, kind[:40]: True}


def _build_call_message(item: Mapping[str, Any], kind: str, called: Json) -> Json:
    call = {"id": item.get("call_id") or item.get("id"), "type": kind, kind: called}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _convert_text_options(text: Mapping[str, Any]) -> Json:
    """Convert `text.format` and `text.verbosity` to a chat's fields."""
    chat: Json = {}
    form = text.get("format")
    if isinstance(form, Mapping):
        schema = {name: value for name, value in form.items() if name != "type"}
        named = {"json_schema": schema} if form.get("type") == "json_schema" else {}
        chat["response_format"] = {"type": form.get("type"), **named}
    if text.get("verbosity") is not None:
        chat["verbosity"] = text["verbosity"]
    return chat
