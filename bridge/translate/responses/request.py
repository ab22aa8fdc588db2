"""Convert a Responses request to a chat, and to the data that a chat cannot express."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import InvalidRequest
from bridge.models.rules import ModelRules
from bridge.translate.chat.request import Translation, rename_param, translate_chat
from bridge.translate.chat.turns import CONTINUE
from bridge.translate.responses import computer
from bridge.translate.responses.client_tools import CLIENT_TOOLS
from bridge.translate.responses.compact import restore_summary
from bridge.translate.responses.hosted_tools import name_server_tool
from bridge.translate.responses.tool_list import (
    ToolList,
    collect_tools,
    join_name,
    name_item,
)
from bridge.wire.chat import ChatRequest
from bridge.wire.chat_input.client_paths import Origin, follow_origin
from bridge.wire.response_items.client_calls import (
    OUTPUTS,
    TOOLS_BY_CALL,
    as_function_call,
    as_function_output,
    is_run_by_service,
)
from bridge.wire.response_items.hosted import PICTURE, as_text_message
from bridge.wire.response_items.server_calls import SERVER_BLOCKS, unpack_blocks
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

_SILENT = ("web_search_call", "mcp_list_tools", "additional_tools")
"""Items that Claude gets by other means: results are in the text that follows, tools in `tools`."""

_CALLS = ("function_call", "custom_tool_call")
_PLAIN = ("message", "reasoning", "function_call_output", "custom_tool_call_output")
"""Items that a chat has, too."""


@dataclass(frozen=True, slots=True)
class _Sources:
    """The items that a chat was made of, for errors that are found in the chat."""

    input: str | Sequence[Item] | None
    before: Sequence[Item]
    places: Sequence[int]
    """For each item of the chat, the position of the item that it was made of."""

    def list_origins(self) -> list[Origin]:
        """List the origin of each item of the chat."""
        if isinstance(self.input, str):
            return [Origin("input")] * len(self.places)
        count, items = len(self.before), [*self.before, *(self.input or ())]
        return [
            Origin(name_item(at, count), items[at] if at >= count else None) for at in self.places
        ]


@dataclass(frozen=True, slots=True)
class ChatFromResponses:
    """The body of a chat completion request, and what converts its answer back."""

    body: dict[str, Any]
    notices: tuple[str, ...]
    tools: ToolList = field(default_factory=ToolList)
    """What converts the calls in the answer back."""
    pointer: computer.Place | None = None
    """The pointer's position after the computer calls so far."""
    sources: _Sources | None = None
    """Where the items of the body come from."""

    @contextmanager
    def name_client_fields(self) -> Iterator[None]:
        """Give an error about the body the path of the field that the client sent."""
        try:
            yield
        except InvalidRequest as error:
            if error.param is not None:
                is_missing = error.message.startswith("Missing")
                rename_param(error, self._find_client_path(error.param, is_missing=is_missing))
            raise

    def _find_client_path(self, path: str, *, is_missing: bool) -> str:
        # The Responses API has a function's fields beside its type.
        path = re.sub(r"^(tool_choice|tools\[\d+\])\.function$", r"\1.name", path)
        path = follow_origin(path, "tools", self.tools.origins)
        origins = [] if self.sources is None else self.sources.list_origins()
        return follow_origin(path, "input", origins, is_missing=is_missing)


def translate_response_chat(
    converted: ChatFromResponses, chat: ChatRequest, rules: ModelRules, model: str
) -> Translation:
    """Translate the chat of a Responses request; errors name the client's fields."""
    with converted.name_client_fields():
        return translate_chat(chat, rules, model)


def as_chat(request: ResponsesRequest, before: Sequence[Item]) -> ChatFromResponses:
    """Convert a request. Raises InvalidRequest naming the field.

    `before`: the items of the responses that `previous_response_id` leads to.
    """
    for name, why in REFUSED_PARAMETERS.items():
        if getattr(request, name, None) or (request.model_extra or {}).get(name):
            raise InvalidRequest(f"{name}: {why}.", param=name)
    notices: list[str] = []
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
    tools = collect_tools(request.tools or [], items, len(before), notices)
    # Nothing may be left if all items are of tools that a service ran.
    chat_items, places = _build_chat_items(items, len(before), tools, notices)
    body["input"] = chat_items or CONTINUE
    if tools.tools:
        body["tools"] = tools.tools
    _limit_preview_calls(request, body, notices)
    if request.tool_choice is not None:
        body["tool_choice"] = _convert_tool_choice(request.tool_choice, tools, notices)
    if request.reasoning is not None:
        body["reasoning"] = {
            "effort": request.reasoning.effort,
            "max_tokens": request.reasoning.max_tokens,
        }
    if request.max_tool_calls is not None:
        notices.append("max_tool_calls ignored: the bridge does not limit Claude's tools")
    sources = _Sources(request.input, before, places)
    return ChatFromResponses(body, tuple(notices), tools, computer.find_pointer(items), sources)


def _build_chat_items(
    items: Sequence[Item], before: int, tools: ToolList, notices: list[str]
) -> tuple[list[Item], list[int]]:
    """Return the items that a chat can have, and for each the position of the one it comes from."""
    chat_items: list[Item] = []
    places: list[int] = []
    computer_calls: dict[str, list[str]] = {}
    for at, item in enumerate(items):
        # Not any mapping: a check for one takes ten times as long, and JSON has no others.
        if not isinstance(item, dict):
            raise InvalidRequest("An item must be an object.", param=name_item(at, before))
        kind = item.get("type") or "message"
        if kind in _PLAIN or not isinstance(kind, str):
            chat_items.append(item)
            places.append(at)
            continue
        if kind in _CALLS:
            made = [_join_namespace(item)]
        elif kind == "computer_call":
            made = computer.as_calls(item, name_item(at, before))
            computer_calls[item["call_id"]] = [call["call_id"] for call in made]
        elif kind == "computer_call_output":
            id = str(item.get("call_id"))
            calls = computer_calls.get(id) or [id]
            made = computer.as_results(item, calls, name_item(at, before))
        else:
            made = _convert_special_item(item, items[:at], tools, notices)
        chat_items += made
        places += [at] * len(made)
    return chat_items, places


def _join_namespace(item: Item) -> Item:
    if not item.get("namespace"):
        return item
    return {**item, "name": join_name(item["namespace"], item.get("name"))}


def _convert_special_item(
    item: Item, earlier: Sequence[Item], tools: ToolList, notices: list[str]
) -> list[Item]:
    """Convert an item that no chat has. One that Claude cannot get is left out, with a notice."""
    kind = item["type"]
    if kind in TOOLS_BY_CALL and not is_run_by_service(item):
        return [as_function_call(item, tools.find_function(TOOLS_BY_CALL[kind]))]
    if kind in OUTPUTS and not is_run_by_service(item):
        return [as_function_output(item, earlier)]
    if kind == "compaction" and (summary := restore_summary(item)) is not None:
        return [summary]
    blocks = unpack_blocks(item.get("encrypted_content"))
    if blocks and tools.offers_tool_of(item):
        return [{"type": SERVER_BLOCKS, "blocks": blocks}]
    message = as_text_message(item)
    if message is not None:
        notices.append(f"input: an item of type {kind[:40]} was sent as text")
    if kind == PICTURE:
        notices.append("input: the picture of an image_generation_call was left out")
    elif message is None and kind not in _SILENT:
        notices.append(f"input: an item of type {kind[:40]} was ignored")
    return [message] if message else []


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
        item.get(name)
        for item in items
        if isinstance(item, Mapping) and str(item.get("type")).endswith("_call")
        for name in ("call_id", "id")
    }
    for at, item in enumerate(items[before:]):
        output = isinstance(item, Mapping) and str(item.get("type")).endswith("_call_output")
        # An output of `local_shell` names its call by `id`.
        if output and (item.get("call_id") or item.get("id")) not in known:
            raise InvalidRequest(
                f"No tool call found for the output with call_id {str(item.get('call_id'))[:100]}.",
                param=f"input[{at}].call_id",
            )


def _convert_tool_choice(
    choice: str | Mapping[str, Any], tools: ToolList, notices: list[str]
) -> Any:
    """Convert `tool_choice`; tools that a service runs cannot be forced."""
    if isinstance(choice, str):
        return choice
    if choice.get("type") == "allowed_tools":
        return _convert_allowed_tools(choice, tools)
    named = _name_chosen_tool(choice, tools)
    if named.get("type") in ("function", "custom"):
        return named
    notices.append(f"tool_choice: {str(choice.get('type'))[:40]} is not forced; Claude chooses")
    return "auto"


def _convert_allowed_tools(choice: Mapping[str, Any], tools: ToolList) -> Mapping[str, Any]:
    allowed = choice.get("tools")
    if not isinstance(allowed, list):
        return choice
    converted = [
        _name_chosen_tool(tool, tools) if isinstance(tool, Mapping) else tool for tool in allowed
    ]
    return {**choice, "tools": converted}


def _name_chosen_tool(choice: Mapping[str, Any], tools: ToolList) -> Mapping[str, Any]:
    """Give a chosen tool its name in the chat."""
    kind = choice.get("type")
    if isinstance(kind, str) and kind in CLIENT_TOOLS:
        return {"type": "function", "name": tools.find_function(kind) or kind}
    if choice.get("namespace"):
        name = join_name(choice["namespace"], choice.get("name"))
        return {"type": kind, "name": name}
    return name_server_tool(choice)
