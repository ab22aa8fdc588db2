"""Translate a chat completion request to a Messages request, with notices for the client."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import InvalidRequest
from bridge.models.rules import ModelRules
from bridge.translate.answer_format import AnswerFormat
from bridge.translate.chat.caching import MarkedParts, limit_markers, mark_instructions
from bridge.translate.chat.computer_toolset import build_toolset_block
from bridge.translate.chat.limits import choose_max_tokens, choose_sampling, split_stop_sequences
from bridge.translate.chat.messages import Conversation, build_conversation
from bridge.translate.chat.property_names import PropertyNames
from bridge.translate.chat.response_format import (
    ExpectedJson,
    OutputFormat,
    translate_response_format,
)
from bridge.translate.chat.server_tools.build import ServerTools, build_server_tools
from bridge.translate.chat.thinking import choose_thinking
from bridge.translate.chat.tools import (
    ToolChoice,
    ToolOffer,
    build_tool_blocks,
    offer_called_tools,
    read_offer,
    restrict_to_named,
    translate_tool_choice,
)
from bridge.translate.notices import Notices
from bridge.wire.chat import ChatRequest, ImagePart, JsonSchemaFormat
from bridge.wire.chat_input.client_paths import find_client_path
from bridge.wire.messages import Block, MessagesRequest

IGNORED_PARAMETERS: Mapping[str, str] = {
    "access_programs": "not supported by Claude",
    "audio": "Claude cannot produce audio",
    "background_options": "the bridge has no completion windows",
    "context_management": "the bridge shortens a conversation only at /v1/responses/compact",
    "image": "Claude cannot create images",
    "best_of": "all generated answers are returned",
    "frequency_penalty": "not supported by Claude",
    "logit_bias": "not supported by Claude",
    "logprobs": "Claude does not report probabilities",
    "metadata": "chats are not stored",
    "modalities": "Claude answers in text",
    "moderation": "Claude has its own safeguards",
    "prediction": "not supported by Claude",
    "presence_penalty": "not supported by Claude",
    "prompt_cache_key": "Claude's cache needs no key",
    "seed": "not supported by Claude",
    "store": "chats are not stored",
    "top_logprobs": "Claude does not report probabilities",
}
"""OpenAI's parameters that are ignored, each with the reason for the notice."""

# Newer API versions refuse temperature and top_p.
_SAMPLING_VERSION = {"anthropic-version": "2023-06-01"}
_VERBOSITY = {
    "low": "Keep your answers short and to the point.",
    "high": "Answer in depth and in detail.",
}
_SERVICE_TIERS = {
    "auto": "auto",
    "default": "standard_only",
    "priority": "auto",
    "standard_only": "standard_only",
}
MUST_CALL = "You must call {tool} now. Do not answer in text."


@dataclass(frozen=True, slots=True)
class Translation:
    """The request for Claude, notices for the client, and what its answer needs."""

    request: MessagesRequest
    notices: tuple[str, ...]
    answer_format: AnswerFormat
    blank_stops: tuple[str, ...] = ()
    """Whitespace-only stop sequences, which the bridge has to detect itself."""
    expected_json: ExpectedJson | None = None
    """JSON that only the prompt requires, so the answer has to be checked."""
    must_call: str | None = None
    """The message that repeats the request for a tool call, if the call cannot be forced."""
    properties: Mapping[str, PropertyNames] = field(default_factory=dict)
    """The renamed properties of tools, by Claude's names for the tools."""
    passthrough: bool = False
    """A request to `/v1/messages`: only what the API would refuse is changed, and named back."""


def translate_chat(chat: ChatRequest, rules: ModelRules, model: str) -> Translation:
    """Translate a chat. Raises InvalidRequest naming the client's field.

    Pure and deterministic: the same chat always gives the same bytes, so that Claude's prompt
    cache and the signatures of thinking stay valid.
    """
    try:
        return _translate(chat, rules, model)
    except InvalidRequest as error:
        if chat.client_body is not None and error.param is not None:
            rename_param(error, find_client_path(error.param, chat.client_body))
        raise


def rename_param(error: InvalidRequest, param: str) -> None:
    """Give an error another `param`, also where its message names it."""
    if error.param is not None:
        error.message = error.message.replace(error.param, param)
    error.param = param


def _translate(chat: ChatRequest, rules: ModelRules, model: str) -> Translation:
    notices = Notices()
    _report_ignored(chat, notices)
    offer = restrict_to_named(_read_offer(chat, notices), rules)
    conversation = build_conversation(chat.messages, offer, rules, notices)
    choice, call_a_tool = translate_tool_choice(offer, rules, notices)
    output = translate_response_format(chat.response_format, rules, notices)
    limit = choose_max_tokens(chat, rules, notices)
    thinking = choose_thinking(
        _read_effort(chat),
        rules,
        limit,
        _find_thinking_blocker(conversation, choice),
        notices,
        chat.reasoning.max_tokens if chat.reasoning is not None else None,
    )
    sampled = choose_sampling(chat, rules, thinking.on, notices)
    stops, blank_stops = split_stop_sequences(chat, notices)
    instructions = (_VERBOSITY.get(chat.verbosity or ""), call_a_tool, output.instruction)
    system = _build_system(conversation, *instructions)
    server_tools = build_server_tools(chat, rules, notices)
    tools = _build_tools(chat, offer, rules, notices, output.format, server_tools)
    # The API limits the markers of the whole request, so all parts must be complete first.
    parts, has_markers = limit_markers(MarkedParts(tools, system, conversation.messages))
    cache = _choose_cache(chat, rules, notices, has_markers=has_markers)
    # A conversation comes again with its next turn, so it is cached in any case.
    if cache is not None and not rules.caches_messages and len(parts.messages) == 1:
        parts, cache = mark_instructions(parts, cache), None
    request = MessagesRequest(
        model=model,
        max_tokens=limit,
        messages=parts.messages,
        system=parts.system or None,
        tools=parts.tools or None,
        tool_choice=choice,
        stop_sequences=stops,
        thinking=thinking.config,
        output_config=_build_output_config(thinking.effort, output.format),
        metadata=_build_metadata(chat, rules, notices),
        service_tier=_choose_service_tier(chat, notices),
        cache_control=cache,
        headers={**server_tools.headers, **(_SAMPLING_VERSION if sampled else {})},
        whole=not chat.stream,
        more={**server_tools.more, **_choose_speed(chat, rules, notices)},
        **sampled,
    )
    must_call = MUST_CALL.format(tool=_describe_tool(offer)) if call_a_tool else None
    hidden = chat.reasoning is not None and chat.reasoning.exclude is True
    answer_format = AnswerFormat(offer.names.as_client_names(), offer.custom, offer.legacy, hidden)
    return Translation(
        request,
        notices.lines(),
        answer_format,
        blank_stops,
        output.expected_json,
        must_call,
        properties=offer.properties,
    )


def _read_offer(chat: ChatRequest, notices: Notices) -> ToolOffer:
    """Read the tools; without any, those that the history names, which Claude's API requires."""
    offer = read_offer(chat, notices)
    if offer.tools or offer.toolset or offer.server_tools:
        return offer
    called = offer_called_tools(offer, chat.messages)
    if called.tools:
        notices.add(
            "tools: those that earlier messages call were added, as Claude's API requires; Claude "
            "cannot call them"
        )
    return called


def is_heavy(chat: ChatRequest) -> bool:
    """Return whether translation is slow and belongs in a thread.

    It decodes images, and loads the validator of a JSON schema.
    """
    has_images = any(
        isinstance(part, ImagePart)
        for message in chat.messages
        if isinstance(message.content, list)
        for part in message.content
    )
    return has_images or isinstance(chat.response_format, JsonSchemaFormat)


def _report_ignored(chat: ChatRequest, notices: Notices) -> None:
    for name, value in (chat.model_extra or {}).items():
        if value is not None:
            notices.add(f"{name} ignored: {IGNORED_PARAMETERS.get(name, 'unknown parameter')}")


def _build_system(conversation: Conversation, *instructions: str | None) -> tuple[Block, ...]:
    added: list[Block] = [{"type": "text", "text": text} for text in instructions if text]
    return (*(conversation.system or ()), *added)


def _build_metadata(
    chat: ChatRequest, rules: ModelRules, notices: Notices
) -> Mapping[str, str] | None:
    """Hash the user's id: Anthropic forbids names and e-mail addresses in it."""
    user = chat.safety_identifier or chat.user
    if user and not rules.own_session:
        return {"user_id": hashlib.sha256(user.encode()).hexdigest()}
    if user:
        name = "safety_identifier" if chat.safety_identifier else "user"
        notices.add(f"{name} ignored: Claude Code sends an id of its own")
    return None


def _build_tools(
    chat: ChatRequest,
    offer: ToolOffer,
    rules: ModelRules,
    notices: Notices,
    format: OutputFormat | None,
    server_tools: ServerTools,
) -> tuple[Block, ...]:
    toolset = build_toolset_block(chat, rules)
    return (
        *build_tool_blocks(offer, rules, notices, format),
        *server_tools.blocks,
        *((toolset,) if toolset else ()),
    )


def _describe_tool(offer: ToolOffer) -> str:
    return f"the tool `{offer.names.to_claude(offer.named)}`" if offer.named else "one of the tools"


def _find_thinking_blocker(conversation: Conversation, choice: ToolChoice | None) -> str | None:
    """Return why a model that can answer without thinking must do so, or None."""
    # The API refuses both combinations.
    if choice is not None and choice["type"] in ("any", "tool"):
        return "it is forced to call a tool"
    if conversation.messages[-1]["role"] == "assistant":
        return "it continues its own message"
    return None


def _choose_cache(
    chat: ChatRequest, rules: ModelRules, notices: Notices, *, has_markers: bool
) -> Mapping[str, str] | None:
    """Return the cache marker; Claude's cache lasts five minutes, or an hour on request."""
    options = chat.prompt_cache_options or {}
    wanted = str(options.get("ttl") or chat.prompt_cache_retention or "").strip().lower()
    name = "prompt_cache_options" if options.get("ttl") else "prompt_cache_retention"
    if rules.own_session:
        ignored = name if wanted else "cache_control" if has_markers else None
        if ignored is not None:
            notices.add(f"{ignored} ignored: Claude Code sets the cache markers")
        return None
    # A client that sets markers manages the cache itself.
    if has_markers:
        if wanted:
            notices.add(f"{name} ignored: the request has cache markers of its own")
        return None
    if wanted in ("", "in_memory", "in-memory", "5m"):
        return {"type": "ephemeral"}
    if wanted != "1h":
        notices.add(f"{name}: 1h is used instead of {wanted[:20]}; Claude's cache has 5m and 1h")
    return {"type": "ephemeral", "ttl": "1h"}


def _choose_speed(chat: ChatRequest, rules: ModelRules, notices: Notices) -> Mapping[str, Any]:
    """Return Claude's fast mode, if it is requested by Anthropic's name or as a service tier."""
    if chat.speed not in (None, "standard", "fast"):
        notices.add(f"speed ignored: Claude has no {chat.speed[:20]}")
    if chat.speed != "fast" and chat.service_tier != "fast":
        return {}
    if rules.fast:
        return {"speed": "fast"}
    name = "speed" if chat.speed == "fast" else "service_tier"
    notices.add(f"{name} ignored: {rules.id} has no fast mode")
    return {}


def _choose_service_tier(chat: ChatRequest, notices: Notices) -> str | None:
    if chat.service_tier is None or chat.service_tier == "fast":
        return None
    tier = _SERVICE_TIERS.get(chat.service_tier)
    if tier is None:
        notices.add(f"service_tier ignored: Claude has no {chat.service_tier[:20]}")
    return tier


def _build_output_config(
    effort: str | None, format: OutputFormat | None
) -> Mapping[str, Any] | None:
    config = {"effort": effort, "format": format}
    return {name: value for name, value in config.items() if value is not None} or None


def replace_effort(chat: ChatRequest, effort: str) -> ChatRequest:
    """Return the chat with this effort instead of its own, and without a budget for thinking."""
    reasoning = chat.reasoning
    if reasoning is not None:
        reasoning = reasoning.model_copy(update={"effort": None, "max_tokens": None})
    return chat.model_copy(update={"reasoning_effort": effort, "reasoning": reasoning})


def add_effort(chat: ChatRequest, effort: str | None) -> ChatRequest:
    """Return the chat with the effort that its model's name asks for, unless it has its own."""
    reasoning = chat.reasoning
    has_budget = reasoning is not None and reasoning.max_tokens is not None
    if effort is None or has_budget or _read_effort(chat) is not None:
        return chat
    return chat.model_copy(update={"reasoning_effort": effort})


def _read_effort(chat: ChatRequest) -> str | None:
    return chat.reasoning_effort or (chat.reasoning.effort if chat.reasoning else None)
