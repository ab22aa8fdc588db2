"""A chat completion request as a Messages request, with notices of what could not come along."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.models.rules import ModelRules
from bridge.translate.answer_format import AnswerFormat
from bridge.translate.chat.caching import limit_cache_markers
from bridge.translate.chat.computer_toolset import build_toolset_block
from bridge.translate.chat.limits import choose_max_tokens, choose_sampling, split_stop_sequences
from bridge.translate.chat.messages import Conversation, build_conversation
from bridge.translate.chat.response_format import (
    ExpectedJson,
    OutputFormat,
    translate_response_format,
)
from bridge.translate.chat.thinking import choose_thinking
from bridge.translate.chat.tools import (
    ToolChoice,
    ToolOffer,
    build_tool_blocks,
    read_offer,
    restrict_to_named,
    translate_tool_choice,
)
from bridge.translate.chat.web_search import build_web_search_block
from bridge.translate.notices import Notices
from bridge.wire.chat import ChatRequest, ImagePart, JsonSchemaFormat
from bridge.wire.messages import Block, MessagesRequest

IGNORED_PARAMETERS: Mapping[str, str] = {
    "access_programs": "Anthropic has none of these",
    "audio": "Claude does not speak",
    "background_options": "it is written at once",
    "context_management": "the client keeps its own conversation",
    "image": "Claude makes no images",
    "best_of": "every answer that is written is given",
    "frequency_penalty": "Claude has no such parameter",
    "logit_bias": "Claude has no such parameter",
    "logprobs": "Claude does not tell probabilities",
    "metadata": "nothing is stored",
    "modalities": "Claude answers in text",
    "moderation": "Claude has its own safeguards",
    "prediction": "Claude has no predicted outputs",
    "presence_penalty": "Claude has no such parameter",
    "prompt_cache_key": "Claude's cache needs no key",
    "prompt_cache_options": "Claude's cache needs none",
    "prompt_cache_retention": "the bridge chooses",
    "seed": "Claude cannot be seeded",
    "store": "nothing is stored",
    "top_logprobs": "Claude does not tell probabilities",
}
"""OpenAI's parameters that do not reach Claude, each with its reason."""

_SAMPLING_VERSION = {"anthropic-version": "2023-06-01"}
_VERBOSITY = {
    "low": "Keep your answers short and to the point.",
    "high": "Answer in depth and in detail.",
}
_SERVICE_TIERS = {"auto": "auto", "default": "standard_only", "priority": "auto"}
MUST_CALL = "Now call {tool}, as was asked; do not answer in words."


@dataclass(frozen=True, slots=True)
class Translation:
    """What goes upstream, what the client should know, and how the answer is told to it."""

    request: MessagesRequest
    notices: tuple[str, ...]
    answer_format: AnswerFormat
    blank_stops: tuple[str, ...] = ()
    """Stop sequences the bridge watches for."""
    expected_json: ExpectedJson | None = None
    """JSON that Claude was only told to answer in."""
    must_call: str | None = None
    """Words that ask again for the call the client was promised."""
    passthrough: bool = False
    """In Claude's own dialect: neither the request nor the answer is to be changed."""


def translate_chat(chat: ChatRequest, rules: ModelRules, model: str) -> Translation:
    """Pure: the same chat always gives the same request. Raises InvalidRequest naming the field."""
    notices = Notices()
    _report_ignored(chat, notices)
    offer = restrict_to_named(read_offer(chat, notices), rules)
    talk = build_conversation(chat.messages, offer, rules, notices)
    choice, call_a_tool = translate_tool_choice(offer, rules, notices)
    output = translate_response_format(chat.response_format, rules, notices)
    limit = choose_max_tokens(chat, rules, notices)
    thinking = choose_thinking(
        _read_effort(chat), rules, limit, _find_thinking_blocker(talk, choice), notices
    )
    sampled = choose_sampling(chat, rules, thinking.on, notices)
    stops, blank_stops = split_stop_sequences(chat, notices)
    system = _build_system(
        talk, _VERBOSITY.get(chat.verbosity or ""), call_a_tool, output.instruction
    )
    tools = _build_tools(chat, offer, rules, notices)
    turns = (block for message in talk.messages for block in message["content"])
    has_markers = limit_cache_markers((*(tools or ()), *(system or ()), *turns))
    request = MessagesRequest(
        model=model,
        max_tokens=limit,
        messages=talk.messages,
        system=system,
        tools=tools,
        tool_choice=choice,
        stop_sequences=stops,
        thinking=thinking.config,
        output_config=_build_output_config(thinking.effort, output.format),
        metadata=_build_metadata(chat),
        service_tier=_choose_service_tier(chat, notices),
        cache_control=None if has_markers else {"type": "ephemeral"},
        headers=_SAMPLING_VERSION if sampled else {},
        whole=not chat.stream,
        **sampled,
    )
    must_call = MUST_CALL.format(tool=_describe_tool(offer)) if call_a_tool else None
    answer_format = AnswerFormat(offer.names.as_client_names(), offer.custom, offer.legacy)
    return Translation(
        request, notices.lines(), answer_format, blank_stops, output.expected_json, must_call
    )


def is_heavy(chat: ChatRequest) -> bool:
    """Whether translating takes long: images are unpacked, a schema's validator is loaded."""
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
            notices.add(
                f"{name}: set aside; {IGNORED_PARAMETERS.get(name, 'not a parameter known here')}"
            )


def _build_system(talk: Conversation, *instructions: str | None) -> tuple[Block, ...] | None:
    added: list[Block] = [{"type": "text", "text": words} for words in instructions if words]
    return (*(talk.system or ()), *added) or None


def _build_metadata(chat: ChatRequest) -> Mapping[str, str] | None:
    """Who asks, hashed: Anthropic takes no names and no e-mail addresses there."""
    person = chat.safety_identifier or chat.user
    return {"user_id": hashlib.sha256(person.encode()).hexdigest()} if person else None


def _build_tools(
    chat: ChatRequest, offer: ToolOffer, rules: ModelRules, notices: Notices
) -> tuple[Block, ...] | None:
    own = (build_web_search_block(chat, notices), build_toolset_block(chat, rules))
    return (*build_tool_blocks(offer, rules, notices), *(block for block in own if block)) or None


def _describe_tool(offer: ToolOffer) -> str:
    return f"the tool `{offer.names.to_claude(offer.named)}`" if offer.named else "one of the tools"


def _find_thinking_blocker(talk: Conversation, choice: ToolChoice | None) -> str | None:
    """What keeps a model from thinking that does not always think."""
    if choice is not None and choice["type"] in ("any", "tool"):
        return "it is forced to call a tool"
    if talk.messages[-1]["role"] == "assistant":
        return "it continues its own message"
    return None


def _choose_service_tier(chat: ChatRequest, notices: Notices) -> str | None:
    if chat.service_tier is None:
        return None
    tier = _SERVICE_TIERS.get(chat.service_tier)
    if tier is None:
        notices.add(f"service_tier: Claude has no {chat.service_tier}; the usual one is used")
    return tier


def _build_output_config(
    effort: str | None, format: OutputFormat | None
) -> Mapping[str, Any] | None:
    given = {"effort": effort, "format": format}
    return {name: value for name, value in given.items() if value is not None} or None


def _read_effort(chat: ChatRequest) -> str | None:
    return chat.reasoning_effort or (chat.reasoning.effort if chat.reasoning else None)
