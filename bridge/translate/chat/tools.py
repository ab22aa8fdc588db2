"""Translate tools and `tool_choice` to Anthropic's."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, assert_never

from pydantic import BaseModel

from bridge.errors import InvalidRequest
from bridge.models.learned_limits import SchemaSet, digest_schema
from bridge.models.rules import ModelRules
from bridge.translate.chat.caching import copy_cache_marker
from bridge.translate.chat.computer_toolset import MEMBERS, has_toolset, is_toolset
from bridge.translate.chat.custom_tools import INPUT_SCHEMA, describe_custom_tool
from bridge.translate.chat.names import ToolNames
from bridge.translate.chat.property_names import PropertyNames
from bridge.translate.chat.schema import Schema
from bridge.translate.chat.schema_repair import describe_changes
from bridge.translate.chat.server_tools.build import (
    has_server_tools,
    is_server_tool,
    list_reserved_names,
)
from bridge.translate.chat.tool_schema import ToolSchema, read_tool_schema
from bridge.translate.notices import Notices
from bridge.wire.chat import (
    AllowedToolsChoice,
    AssistantMessage,
    ChatMessage,
    ChatRequest,
    CustomTool,
    CustomToolCall,
    FunctionDefinition,
    FunctionTool,
    KnownTools,
    NamedCustomChoice,
    NamedToolChoice,
    OtherTool,
    Tool,
    read_known_tools,
)
from bridge.wire.messages import Block

ToolChoice = Mapping[str, Any]

_RUN_BY_OPENAI = ("code_interpreter", "file_search", "image_generation", "mcp")
_ONLY_IN_RESPONSES = (
    "apply_patch",
    "computer",
    "computer_use_preview",
    "local_shell",
    "namespace",
    "shell",
    "tool_search",
)
_OF_ANTHROPIC = re.compile(
    r"(?:bash|browser_toolset|code_execution|computer|memory|text_editor|tool_search_tool"
    r"|web_fetch)_\w+|mcp_toolset"
)

_TEXT_INPUT = ToolSchema(INPUT_SCHEMA)
_ANY_INPUT = ToolSchema({"type": "object"})

_MOST_COLLECTED = 16
"""Lists of tools that are remembered; `KnownTools` bounds the length of each."""

MAX_STRICT_TOOLS = 20
"""The API compiles a grammar for each strict tool, and accepts at most this many."""


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool of the client, by the client's name."""

    name: str
    description: str | None
    schema: ToolSchema
    strict: bool
    custom: bool
    """Its input is text; `schema` belongs to the function that stands for it."""
    markers: tuple[BaseModel, ...]
    """Objects that may have a cache marker: the tool and its function, if they have more fields."""


@dataclass(frozen=True, slots=True)
class ToolOffer:
    """The tools of one request, and which of them Claude may or must call."""

    tools: tuple[OfferedTool, ...]
    names: ToolNames
    toolset: bool
    """The request also has the computer toolset."""
    server_tools: bool
    """The request also has tools that run at Anthropic."""
    legacy: bool
    """The client sent `functions`, so the answer has `function_call`."""
    mode: str
    """`auto`, `none`, `required`, or `named`."""
    named: str | None
    """The client's name for the tool that must be called, in the mode `named`."""
    one_at_a_time: bool

    @property
    def custom(self) -> frozenset[str]:
        """Claude's names for custom tools, whose input is text."""
        return frozenset(self.names.to_claude(tool.name) for tool in self.tools if tool.custom)

    @property
    def properties(self) -> Mapping[str, PropertyNames]:
        """The renamed properties of tools that have some, by Claude's names for the tools."""
        return {
            self.names.to_claude(tool.name): tool.schema.names
            for tool in self.tools
            if tool.schema.names is not None
        }


def read_offer(chat: ChatRequest, notices: Notices) -> ToolOffer:
    """Read `tools` and `tool_choice`, or the legacy `functions` and `function_call`.

    Raises InvalidRequest if the chosen tool is not among the tools.
    """
    if chat.tools is None and chat.functions is None and chat.tool_choice is None:
        # Most chats have no tools, so there is nothing to read.
        return _offer_nothing(chat)
    legacy = chat.functions is not None and chat.tools is None
    collected = _collect_functions(chat) if legacy else _collect_tools(chat.tools or ())
    for line in collected.notices:
        notices.add(line)
    tools = collected.tools
    mode, named, allowed = _read_function_call(chat) if legacy else _read_choice(chat)
    if named is not None and named not in {tool.name for tool in tools}:
        raise InvalidRequest(
            f"The tool `{named}` is not in the list of tools.",
            param="function_call" if legacy else "tool_choice",
        )
    if allowed is not None:
        tools = tuple(tool for tool in tools if tool.name in allowed)
    return ToolOffer(
        tools=tools,
        names=_name_tools(tuple(tool.name for tool in tools), _list_reserved_names(chat)),
        toolset=has_toolset(chat),
        server_tools=has_server_tools(chat),
        legacy=legacy,
        mode=mode,
        named=named,
        # A `function_call` can contain only one call.
        one_at_a_time=legacy or chat.parallel_tool_calls is False,
    )


@functools.lru_cache(_MOST_COLLECTED)
def _name_tools(offered: tuple[str, ...], reserved: tuple[str, ...]) -> ToolNames:
    return ToolNames(offered, reserved)


def _offer_nothing(chat: ChatRequest) -> ToolOffer:
    return ToolOffer(
        tools=(),
        names=ToolNames((), reserved=_list_reserved_names(chat)),
        toolset=False,
        server_tools=has_server_tools(chat),
        legacy=False,
        mode="auto",
        named=None,
        one_at_a_time=chat.parallel_tool_calls is False,
    )


def offer_called_tools(offer: ToolOffer, messages: Sequence[ChatMessage]) -> ToolOffer:
    """Return an offer of the tools that earlier messages call, none of which may be called now.

    The API refuses calls and results in the history of a request that defines no tools.
    """
    names = tuple(dict.fromkeys(_list_called_names(messages)))
    if not names:
        return offer
    tools = tuple(
        OfferedTool(name, None, _ANY_INPUT, strict=False, custom=False, markers=())
        for name in names
    )
    return replace(offer, tools=tools, names=ToolNames(names), mode="none", named=None)


def _list_called_names(messages: Sequence[ChatMessage]) -> Iterable[str]:
    for message in messages:
        if isinstance(message, AssistantMessage):
            if message.function_call is not None:
                yield message.function_call.name
            for call in message.tool_calls or ():
                yield (call.custom if isinstance(call, CustomToolCall) else call.function).name


def build_tool_blocks(
    offer: ToolOffer, rules: ModelRules, notices: Notices, format: Mapping[str, Any] | None = None
) -> tuple[Block, ...]:
    """Build one block per tool; a tool without parameters accepts an empty object.

    `format`: the format of the answer, whose schema is compiled together with strict tools.
    """
    strict = _choose_strict(offer, rules, format)
    if len(strict) < sum(tool.strict for tool in offer.tools):
        notices.add("tools: `strict` cannot be enforced for all of them; Claude sees their schemas")
    return tuple(
        _build_tool_block(tool, strict.get(tool.name), offer, rules) for tool in offer.tools
    )


def translate_tool_choice(
    offer: ToolOffer, rules: ModelRules, notices: Notices
) -> tuple[ToolChoice | None, str | None]:
    """Return `tool_choice`, and an instruction for models that cannot be forced to call a tool."""
    if not offer.tools and not offer.toolset:
        return _choose_server_tools(offer, notices), None
    choice, instruction = _build_choice(offer, rules)
    if instruction is not None:
        notices.add(f"tool_choice: {rules.id} cannot be forced to call a tool; it is instructed to")
    if offer.one_at_a_time and choice["type"] != "none":
        choice = {**choice, "disable_parallel_tool_use": True}
    # `auto` is Claude's default.
    return (None if choice == {"type": "auto"} else choice), instruction


def _choose_server_tools(offer: ToolOffer, notices: Notices) -> ToolChoice | None:
    """Return the choice for a request that has no other tools; these cannot be forced."""
    if not offer.server_tools or offer.mode == "auto":
        return None
    if offer.mode == "none":
        return {"type": "none"}
    notices.add("tool_choice ignored: Claude chooses when to use the tools that run at Anthropic")
    return None


def restrict_to_named(offer: ToolOffer, rules: ModelRules) -> ToolOffer:
    """Offer only the required tool to models that cannot be forced to call it."""
    if offer.mode != "named" or rules.forced_tools:
        return offer
    return replace(offer, tools=tuple(tool for tool in offer.tools if tool.name == offer.named))


class _Collected(NamedTuple):
    tools: tuple[OfferedTool, ...]
    notices: tuple[str, ...]


def _collect_tools(tools: Sequence[Tool]) -> _Collected:
    return _recall_collected(tools.text) if isinstance(tools, KnownTools) else _offer_tools(tools)


@functools.lru_cache(_MOST_COLLECTED)
def _recall_collected(text: bytes) -> _Collected:
    return _offer_tools(read_known_tools(text))


def _offer_tools(tools: Sequence[Tool]) -> _Collected:
    offered, notices = [], Notices()
    for at, tool in enumerate(tools):
        match tool:
            case FunctionTool():
                # A flat tool keeps its fields beside the `function` that was made of them.
                flat = "name" in (tool.model_extra or {})
                where = f"tools[{at}]" if flat else f"tools[{at}].function"
                offered.append(_offer_function(tool.function, where, notices, tool))
            case CustomTool(custom=custom):
                offered.append(
                    OfferedTool(
                        custom.name,
                        describe_custom_tool(custom),
                        _TEXT_INPUT,
                        False,
                        True,
                        _keep_extended(custom, tool),
                    )
                )
            case OtherTool():
                if not is_server_tool(tool) and not is_toolset(tool):
                    notices.add(f"tools: {tool.type} ignored: {_explain_ignored(tool.type)}")
            case _:
                assert_never(tool)
    return _Collected(_drop_duplicates(offered, notices), notices.lines())


def _explain_ignored(kind: str) -> str:
    """Return why Claude does not get a tool that is no function."""
    if kind in _RUN_BY_OPENAI:
        return "it runs on OpenAI's servers"
    if kind in _ONLY_IN_RESPONSES:
        return "a chat has no items for its calls; use /v1/responses"
    if _OF_ANTHROPIC.fullmatch(kind):
        return "it is a tool of Anthropic's; use /v1/messages"
    return "unknown type"


def _list_reserved_names(chat: ChatRequest) -> tuple[str, ...]:
    """Return the names of Anthropic's own tools in this request."""
    names = list_reserved_names(chat)
    return (*names, *sorted(MEMBERS)) if has_toolset(chat) else names


def _collect_functions(chat: ChatRequest) -> _Collected:
    notices = Notices()
    offered = [
        _offer_function(function, f"functions[{at}]", notices)
        for at, function in enumerate(chat.functions or ())
    ]
    return _Collected(_drop_duplicates(offered, notices), notices.lines())


def _offer_function(
    function: FunctionDefinition, where: str, notices: Notices, *around: BaseModel
) -> OfferedTool:
    # Some clients send `input_schema`, which is Anthropic's name for `parameters`.
    name = "parameters" if function.parameters is not None else "input_schema"
    parameters = function.parameters
    if parameters is None:
        parameters = (function.model_extra or {}).get(name)
    schema = read_tool_schema(parameters, function.name, f"{where}.{name}")
    if schema.changes:
        changes = describe_changes([f"{where}.{name}{path}" for path in schema.changes])
        notices.add(f"tools: schema repaired at {changes}")
    if schema.names is not None:
        notices.add(f"tools: {schema.names.describe()} of {function.name} renamed for Claude")
    return OfferedTool(
        function.name,
        function.description,
        schema,
        function.strict is True,
        False,
        _keep_extended(function, *around),
    )


def _keep_extended(*models: BaseModel) -> tuple[BaseModel, ...]:
    return tuple(model for model in models if model.model_extra)


def _drop_duplicates(tools: Sequence[OfferedTool], notices: Notices) -> tuple[OfferedTool, ...]:
    """Keep the last definition of each name, at the first's position: the API refuses repeats."""
    last = {tool.name: tool for tool in tools}
    if len(last) < len(tools):
        notices.add("tools: a name is used more than once; the last definition is used")
    return tuple(last.values())


def _read_choice(chat: ChatRequest) -> tuple[str, str | None, frozenset[str] | None]:
    match chat.tool_choice:
        case NamedToolChoice(function=function):
            return "named", function.name, None
        case NamedCustomChoice(custom=custom):
            return "named", custom.name, None
        case AllowedToolsChoice(allowed_tools=allowed):
            return allowed.mode, None, frozenset(_list_names(allowed.tools))
        case None:
            return "auto", None, None
        case mode:
            return mode, None, None


def _list_names(tools: Sequence[Tool]) -> Iterable[str]:
    for tool in tools:
        match tool:
            case FunctionTool(function=function):
                yield function.name
            case CustomTool(custom=custom):
                yield custom.name
            case OtherTool(type=kind):
                yield kind
            case _:
                assert_never(tool)


def _read_function_call(chat: ChatRequest) -> tuple[str, str | None, frozenset[str] | None]:
    if chat.function_call is None or isinstance(chat.function_call, str):
        return chat.function_call or "auto", None, None
    return "named", chat.function_call.name, None


def _choose_strict(
    offer: ToolOffer, rules: ModelRules, format: Mapping[str, Any] | None
) -> Mapping[str, Schema]:
    """Return the strict schema of each tool that can be strict, by the tool's name."""
    if not rules.strict_tools:
        return {}
    strict = {
        tool.name: tool.schema
        for tool in offer.tools
        if tool.strict and tool.schema.strict_schema is not None
    }
    if strict and rules.refused_schemas:
        strict = _leave_out_refused(strict, rules.refused_schemas, format)
    # With too many, none of them is strict, because any selection would be arbitrary.
    if len(strict) > MAX_STRICT_TOOLS:
        return {}
    return {name: schema.strict_schema or {} for name, schema in strict.items()}


def _leave_out_refused(
    strict: dict[str, ToolSchema],
    refused: Iterable[SchemaSet],
    format: Mapping[str, Any] | None,
) -> dict[str, ToolSchema]:
    """Leave out tools whose schemas are among those that were refused, alone or together."""
    others = set() if format is None else {digest_schema(format["schema"])}
    for schemas in refused:
        if schemas <= others.union(schema.digest for schema in strict.values()):
            strict = {name: tool for name, tool in strict.items() if tool.digest not in schemas}
    return strict


def _build_tool_block(
    tool: OfferedTool, strict: Schema | None, offer: ToolOffer, rules: ModelRules
) -> Block:
    block: Block = {
        "name": offer.names.to_claude(tool.name),
        "input_schema": tool.schema.input_schema if strict is None else strict,
    }
    if rules.eager_tools:
        # Stream arguments as they are generated instead of holding them until they are valid JSON.
        block["eager_input_streaming"] = True
    if strict is not None:
        block["strict"] = True
    if tool.description:
        block["description"] = tool.description
    for source in tool.markers:
        block = copy_cache_marker(block, source)
    return block


def instruct_to_call(name: str | None) -> str:
    """Return the instruction to call a tool, or any, for a model that cannot be forced to."""
    return f"Respond by calling {f'the tool `{name}`' if name else 'one of the tools'}."


def _build_choice(offer: ToolOffer, rules: ModelRules) -> tuple[dict[str, Any], str | None]:
    if offer.mode == "named":
        name = offer.names.to_claude(offer.named or "")
        if rules.forced_tools:
            return {"type": "tool", "name": name}, None
        return {"type": "auto"}, instruct_to_call(name)
    if offer.mode == "required":
        if rules.forced_tools:
            return {"type": "any"}, None
        return {"type": "auto"}, instruct_to_call(None)
    return {"type": offer.mode}, None
