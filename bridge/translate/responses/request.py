"""A Responses request as the chat it stands for; what a chat has no word for is kept beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import InvalidRequest
from bridge.translate.responses import computer
from bridge.translate.responses.compact import restore_summary
from bridge.wire.responses import Item, ResponsesRequest

_HANDLED_HERE = {
    "background",
    "computer_use",
    "include",
    "input",
    "max_tool_calls",
    "metadata",
    "previous_response_id",
    "prompt_cache_key",
    "reasoning",
    "store",
    "stream",
    "tool_choice",
    "tools",
    "truncation",
}
"""Fields that are answered here, or put into a chat's words below."""

REFUSED_PARAMETERS: Mapping[str, str] = {
    "conversation": "there are no conversations here; use previous_response_id",
    "prompt": "there are no stored prompts here; send the instructions themselves",
}

_LEFT_OUT = ("web_search_call", "compaction", "item_reference")
"""Items that tell Claude nothing: what they found is in the words that follow."""

_CALLS = ("function_call", "custom_tool_call")
_SEPARATOR = "__"


@dataclass(frozen=True, slots=True)
class ChatFromResponses:
    """`body` is that of a chat completion."""

    body: dict[str, Any]
    notices: tuple[str, ...]
    namespaces: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """From a tool's name in the chat to its namespace and its name there."""
    pointer: computer.Place | None = None
    """Where computer calls left the pointer so far."""


def as_chat(request: ResponsesRequest, before: Sequence[Item]) -> ChatFromResponses:
    """`before`: the items of earlier responses. Raises InvalidRequest naming the field."""
    for name, why in REFUSED_PARAMETERS.items():
        if getattr(request, name, None) or (request.model_extra or {}).get(name):
            raise InvalidRequest(f"{name}: {why}.", param=name)
    namespaces: dict[str, tuple[str, str]] = {}
    notices: list[str] = []
    tools = _flatten_tools(request.tools or [], namespaces)
    given = request.input if request.input is not None else []
    if isinstance(given, str):
        given = [{"type": "message", "role": "user", "content": given}]
    items = [*before, *given]
    if not items:
        raise InvalidRequest("Missing required parameter: input.", param="input")
    body = request.model_dump(exclude=_HANDLED_HERE, exclude_none=True)
    if request.previous_response_id is not None:
        _check_outputs(items, len(before))
    body["input"] = _build_chat_items(items, len(before), notices)
    if tools:
        body["tools"] = tools
    _limit_preview_calls(request, body, notices)
    if request.tool_choice is not None:
        body["tool_choice"] = _convert_tool_choice(request.tool_choice, notices)
    if request.reasoning is not None and request.reasoning.effort is not None:
        body["reasoning_effort"] = request.reasoning.effort
    if request.max_tool_calls is not None:
        notices.append("max_tool_calls ignored: Claude decides how often it searches")
    return ChatFromResponses(body, tuple(notices), namespaces, computer.find_pointer(items))


def _flatten_tools(tools: Sequence[Item], namespaces: dict[str, tuple[str, str]]) -> list[Item]:
    """The tools of a namespace get its name before theirs."""
    flat: list[Item] = []
    for at, tool in enumerate(tools):
        if tool.get("type") != "namespace":
            flat.append(computer.to_toolset(tool) if computer.is_computer(tool) else tool)
            continue
        inner = tool.get("tools")
        if not isinstance(tool.get("name"), str) or not isinstance(inner, list):
            raise InvalidRequest(
                "A namespace has a name and a list of tools.", param=f"tools[{at}]"
            )
        for one in inner:
            if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
                raise InvalidRequest("A tool has a name.", param=f"tools[{at}].tools")
            name = _join_name(tool["name"], one["name"])
            namespaces[name] = (tool["name"], one["name"])
            flat.append({**one, "name": name})
    return flat


def _join_name(namespace: str, name: str) -> str:
    return f"{namespace}{_SEPARATOR}{name}"


def _build_chat_items(items: Sequence[Item], before: int, notices: list[str]) -> list[Item]:
    kept: list[Item] = []
    computer_calls: dict[str, list[str]] = {}
    for at, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise InvalidRequest("An item is an object.", param=f"input[{at - before}]")
        kind = item.get("type", "message")
        where = f"input[{at - before}]"
        if kind == "computer_call":
            calls = computer.as_calls(item, where)
            computer_calls[item["call_id"]] = [call["call_id"] for call in calls]
            kept += calls
        elif kind == "computer_call_output":
            id = str(item.get("call_id"))
            kept += computer.as_results(item, computer_calls.get(id) or [id], where)
        elif kind == "compaction" and (summary := restore_summary(item)) is not None:
            kept.append(summary)
        elif kind in _LEFT_OUT:
            if kind != "web_search_call":
                notices.append(f"input: an item of type {kind} is left out")
        elif kind in _CALLS and item.get("namespace"):
            name = _join_name(str(item["namespace"]), str(item.get("name")))
            kept.append({**item, "name": name})
        else:
            kept.append(dict(item))
    return kept


def _limit_preview_calls(
    request: ResponsesRequest, body: dict[str, Any], notices: list[str]
) -> None:
    """The older computer tool's client performs one action at a time."""
    if any(tool.get("type") == computer.PREVIEW for tool in request.tools or []):
        notices.append("tools: the size of the display is seen in its screenshots")
        body["parallel_tool_calls"] = False


def _check_outputs(items: Sequence[Item], before: int) -> None:
    """With all that came before known, an output without its call is a mistake."""
    known = {
        item.get("call_id")
        for item in items
        if isinstance(item, Mapping) and str(item.get("type")).endswith("_call")
    }
    for at, item in enumerate(items[before:]):
        output = isinstance(item, Mapping) and str(item.get("type")).endswith("_call_output")
        if output and item.get("call_id") not in known:
            raise InvalidRequest(
                f"No tool call found for the output with call_id {str(item.get('call_id'))[:100]}.",
                param=f"input[{at}].call_id",
            )


def _convert_tool_choice(choice: str | Mapping[str, Any], notices: list[str]) -> Any:
    """One of a namespace's tools is named by both; a tool that OpenAI runs cannot be forced."""
    if isinstance(choice, str):
        return choice
    if choice.get("namespace"):
        name = _join_name(str(choice["namespace"]), str(choice.get("name")))
        return {"type": choice.get("type"), "name": name}
    named = ("function", "custom", "allowed_tools")
    if choice.get("type") in named:
        return choice
    notices.append(f"tool_choice: {str(choice.get('type'))[:40]} cannot be forced; Claude chooses")
    return "auto"
