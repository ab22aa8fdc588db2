"""Convert a Responses request to a chat, and to the data that a chat cannot express."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import InvalidRequest
from bridge.models.rules import ModelRules
from bridge.translate.chat.request import Translation, translate_chat
from bridge.translate.responses import computer
from bridge.translate.responses.compact import restore_summary
from bridge.wire.chat import ChatRequest
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
"""Fields that the chat does not get: converted below, or used by the server."""

REFUSED_PARAMETERS: Mapping[str, str] = {
    "conversation": "conversations are not supported; use previous_response_id",
    "prompt": "stored prompts are not supported; send the instructions themselves",
}
"""OpenAI's parameters that are refused, each with the reason."""

_LEFT_OUT = ("web_search_call", "compaction", "item_reference")
"""Items without information for Claude: search results are in the text that follows."""

_CALLS = ("function_call", "custom_tool_call")
# Claude's tool names cannot contain `.` or `/`.
_SEPARATOR = "__"


@dataclass(frozen=True, slots=True)
class ChatFromResponses:
    """The body of a chat completion request, and what converts its answer back."""

    body: dict[str, Any]
    notices: tuple[str, ...]
    namespaces: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """A tool's name in the chat to its namespace and its name there."""
    pointer: computer.Place | None = None
    """The pointer's position after the computer calls so far."""


_FIELD_NAMES = (
    ("response_format.json_schema", "text.format"),
    ("response_format", "text.format"),
)
"""The chat's names of fields, and those of the Responses API."""


@contextmanager
def restore_field_names() -> Iterator[None]:
    """Give an error about the chat the name of the field that the client sent."""
    try:
        yield
    except InvalidRequest as error:
        for chat_name, name in _FIELD_NAMES:
            if error.param is not None and error.param.startswith(chat_name):
                error.message = error.message.replace(
                    error.param, name + error.param[len(chat_name) :]
                )
                error.param = name + error.param[len(chat_name) :]
        raise


def translate_response_chat(chat: ChatRequest, rules: ModelRules, model: str) -> Translation:
    """Translate a chat that was made of a Responses request; errors name the client's fields."""
    with restore_field_names():
        return translate_chat(chat, rules, model)


def as_chat(request: ResponsesRequest, before: Sequence[Item]) -> ChatFromResponses:
    """Convert a request. Raises InvalidRequest naming the field.

    `before`: the items of the responses that `previous_response_id` leads to.
    """
    for name, why in REFUSED_PARAMETERS.items():
        if getattr(request, name, None) or (request.model_extra or {}).get(name):
            raise InvalidRequest(f"{name}: {why}.", param=name)
    namespaces: dict[str, tuple[str, str]] = {}
    notices: list[str] = []
    tools = _flatten_tools(request.tools or [], namespaces)
    input = request.input if request.input is not None else []
    if isinstance(input, str):
        input = [{"type": "message", "role": "user", "content": input}]
    items = [*before, *input]
    if not items:
        raise InvalidRequest("Missing required parameter: input.", param="input")
    body = request.model_dump(exclude=_HANDLED_HERE, exclude_none=True)
    # Without it, an output may come without its call; the chat translation makes it a text.
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
    """Replace each namespace by its tools, with its name as the prefix of theirs."""
    flat: list[Item] = []
    for at, tool in enumerate(tools):
        if tool.get("type") != "namespace":
            flat.append(computer.to_toolset(tool) if computer.is_computer(tool) else tool)
            continue
        inner = tool.get("tools")
        if not isinstance(tool.get("name"), str) or not isinstance(inner, list):
            raise InvalidRequest(
                "A namespace must have a name and a list of tools.", param=f"tools[{at}]"
            )
        for member in inner:
            if not isinstance(member, Mapping) or not isinstance(member.get("name"), str):
                raise InvalidRequest("A tool must have a name.", param=f"tools[{at}].tools")
            name = _join_name(tool["name"], member["name"])
            namespaces[name] = (tool["name"], member["name"])
            flat.append({**member, "name": name})
    return flat


def _join_name(namespace: str, name: str) -> str:
    return f"{namespace}{_SEPARATOR}{name}"


def _build_chat_items(items: Sequence[Item], before: int, notices: list[str]) -> list[Item]:
    chat_items: list[Item] = []
    computer_calls: dict[str, list[str]] = {}
    for at, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise InvalidRequest("An item must be an object.", param=f"input[{at - before}]")
        kind = item.get("type", "message")
        where = f"input[{at - before}]"
        if kind == "computer_call":
            calls = computer.as_calls(item, where)
            computer_calls[item["call_id"]] = [call["call_id"] for call in calls]
            chat_items += calls
        elif kind == "computer_call_output":
            id = str(item.get("call_id"))
            chat_items += computer.as_results(item, computer_calls.get(id) or [id], where)
        elif kind == "compaction" and (summary := restore_summary(item)) is not None:
            chat_items.append(summary)
        elif kind in _LEFT_OUT:
            if kind != "web_search_call":
                notices.append(f"input: an item of type {kind} was ignored")
        elif kind in _CALLS and item.get("namespace"):
            name = _join_name(str(item["namespace"]), str(item.get("name")))
            chat_items.append({**item, "name": name})
        else:
            chat_items.append(dict(item))
    return chat_items


def _limit_preview_calls(
    request: ResponsesRequest, body: dict[str, Any], notices: list[str]
) -> None:
    """Allow one call at a time for the older computer tool, whose clients expect that."""
    if any(tool.get("type") == computer.PREVIEW for tool in request.tools or []):
        notices.append("tools: the display size is taken from the screenshots")
        body["parallel_tool_calls"] = False


def _check_outputs(items: Sequence[Item], before: int) -> None:
    """Refuse an output without its call: with previous_response_id, all calls are known."""
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
    """Convert `tool_choice`; tools that OpenAI runs cannot be forced."""
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
