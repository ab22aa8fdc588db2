"""Function tools and the choice among them, as Anthropic's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import InvalidRequest
from bridge.models.rules import ModelRules
from bridge.translate.caching import marked
from bridge.translate.names import ToolNames
from bridge.translate.notices import Notices
from bridge.translate.schema import tool_input
from bridge.wire.chat import AllowedToolsChoice, ChatRequest, FunctionDefinition, NamedToolChoice
from bridge.wire.messages import Block

ToolChoice = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AnswerStyle:
    """How calls are told to this client."""

    tool_names: Mapping[str, str] = field(default_factory=dict)
    """From Claude's names to the client's, for those that differ."""
    legacy: bool = False
    """As one `function_call`, the old way."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The tools of one request, and how the client spoke of them."""

    functions: tuple[FunctionDefinition, ...]
    names: ToolNames
    legacy: bool
    """Asked in the old style, with `functions`: answered with `function_call`."""
    mode: str
    """`auto`, `none`, `required`, or `named`."""
    named: str | None
    one_at_a_time: bool

    def style(self) -> AnswerStyle:
        return AnswerStyle(self.names.back(), self.legacy)


def offer_of(chat: ChatRequest, notices: Notices) -> Offer:
    """What is offered and what is wished, whichever way the client said it."""
    legacy = chat.functions is not None and chat.tools is None
    functions = _distinct(
        chat.functions or () if legacy else [tool.function for tool in chat.tools or ()], notices
    )
    mode, named, allowed = _legacy_wish(chat) if legacy else _wish(chat)
    if named is not None and named not in {function.name for function in functions}:
        raise InvalidRequest(
            f"The tool `{named}` is not among the tools offered.",
            param="function_call" if legacy else "tool_choice",
        )
    if allowed is not None:
        functions = tuple(f for f in functions if f.name in allowed)
    return Offer(
        functions=functions,
        names=ToolNames(function.name for function in functions),
        legacy=legacy,
        mode=mode,
        named=named,
        one_at_a_time=legacy or chat.parallel_tool_calls is False,
    )


def tool_blocks(offer: Offer) -> tuple[Block, ...] | None:
    """One block a tool; a tool without parameters takes an empty object."""
    return tuple(_tool_block(function, offer.names) for function in offer.functions) or None


def tool_choice(
    offer: Offer, rules: ModelRules, notices: Notices
) -> tuple[ToolChoice | None, str | None]:
    """The choice, and an instruction that stands in where the model cannot be forced."""
    if not offer.functions:
        return None, None
    choice, instruction = _choice(offer, rules)
    if instruction is not None:
        notices.add(f"tool_choice: {rules.id} cannot be forced to call a tool; it is told to")
    if offer.one_at_a_time and choice["type"] != "none":
        choice = {**choice, "disable_parallel_tool_use": True}
    return (None if choice == {"type": "auto"} else choice), instruction


def _distinct(
    functions: Sequence[FunctionDefinition], notices: Notices
) -> tuple[FunctionDefinition, ...]:
    """Claude refuses two tools of one name; the last definition counts, in the first's place."""
    last = {function.name: function for function in functions}
    if len(last) < len(functions):
        notices.add("tools: a name is offered more than once; its last definition counts")
    return tuple(last.values())


def _wish(chat: ChatRequest) -> tuple[str, str | None, frozenset[str] | None]:
    match chat.tool_choice:
        case NamedToolChoice(function=function):
            return "named", function.name, None
        case AllowedToolsChoice(allowed_tools=allowed):
            return allowed.mode, None, frozenset(tool.function.name for tool in allowed.tools)
        case None:
            return "auto", None, None
        case mode:
            return mode, None, None


def _legacy_wish(chat: ChatRequest) -> tuple[str, str | None, frozenset[str] | None]:
    if chat.function_call is None or isinstance(chat.function_call, str):
        return chat.function_call or "auto", None, None
    return "named", chat.function_call.name, None


def _tool_block(function: FunctionDefinition, names: ToolNames) -> Block:
    block: Block = {
        "name": names.upstream(function.name),
        "input_schema": tool_input(function.parameters),
        # Arguments are streamed as they are written, not held back until they are valid JSON.
        "eager_input_streaming": True,
    }
    if function.description:
        block["description"] = function.description
    return marked(block, function)


def _choice(offer: Offer, rules: ModelRules) -> tuple[dict[str, Any], str | None]:
    if offer.mode == "named":
        name = offer.names.upstream(offer.named or "")
        if rules.forced_tools:
            return {"type": "tool", "name": name}, None
        return {"type": "auto"}, f"Answer by calling the tool `{name}`."
    if offer.mode == "required":
        if rules.forced_tools:
            return {"type": "any"}, None
        return {"type": "auto"}, "Answer by calling one of the tools."
    return {"type": offer.mode}, None
