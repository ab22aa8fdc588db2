"""A chat completion request as a Messages request, with notices of what could not come along."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.models.rules import ModelRules
from bridge.translate.caching import keep_last_four
from bridge.translate.messages import Conversation, conversation
from bridge.translate.notices import Notices
from bridge.translate.output import OutputFormat, output_format
from bridge.translate.tools import AnswerStyle, offer_of, tool_blocks, tool_choice
from bridge.wire.chat import ChatRequest
from bridge.wire.messages import Block, MessagesRequest

SET_ASIDE: Mapping[str, str] = {
    "audio": "Claude does not speak",
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
    "service_tier": "not passed on yet",
    "store": "nothing is stored",
    "top_logprobs": "Claude does not tell probabilities",
    "verbosity": "not passed on yet",
    "web_search_options": "not passed on yet",
}
"""OpenAI's parameters that do not reach Claude, each with its reason."""

_SAMPLING_VERSION = {"anthropic-version": "2023-06-01"}
_DEFAULT_MAX_TOKENS = 32_000
_EFFORT_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Translated:
    """What goes upstream, and what the client should know."""

    request: MessagesRequest
    notices: tuple[str, ...]
    style: AnswerStyle


def translate(chat: ChatRequest, rules: ModelRules, model: str) -> Translated:
    """Pure: the same chat always gives the same request. Raises InvalidRequest naming the field."""
    notices = Notices()
    _notice_unused(chat, notices)
    offer = offer_of(chat, notices)
    talk = conversation(chat.messages, offer.names, rules, notices)
    choice, call_a_tool = tool_choice(offer, rules, notices)
    format, answer_in_json = output_format(chat.response_format, notices)
    sampling = _sampling(chat, rules, notices)
    system, tools = _system(talk, call_a_tool, answer_in_json), tool_blocks(offer)
    turns = (block for message in talk.messages for block in message["content"])
    has_markers = keep_last_four((*(tools or ()), *(system or ()), *turns))
    request = MessagesRequest(
        model=model,
        max_tokens=_max_tokens(chat, rules, notices),
        messages=talk.messages,
        system=system,
        tools=tools,
        tool_choice=choice,
        stop_sequences=_stop_sequences(chat, notices),
        thinking={"type": "adaptive", "display": "summarized"} if rules.thinks_by_default else None,
        output_config=_output_config(_effort(chat, rules, notices), format),
        metadata=_metadata(chat),
        cache_control=None if has_markers else {"type": "ephemeral"},
        headers=_SAMPLING_VERSION if sampling else {},
        **sampling,
    )
    return Translated(request, notices.lines(), offer.style())


def _notice_unused(chat: ChatRequest, notices: Notices) -> None:
    for name, value in (chat.model_extra or {}).items():
        if value is not None:
            notices.add(f"{name}: set aside; {SET_ASIDE.get(name, 'not a parameter known here')}")


def _system(talk: Conversation, *instructions: str | None) -> tuple[Block, ...] | None:
    added: list[Block] = [{"type": "text", "text": words} for words in instructions if words]
    return (*(talk.system or ()), *added) or None


def _metadata(chat: ChatRequest) -> Mapping[str, str] | None:
    """Who asks, hashed: Anthropic takes no names and no e-mail addresses there."""
    person = chat.safety_identifier or chat.user
    return {"user_id": hashlib.sha256(person.encode()).hexdigest()} if person else None


def _max_tokens(chat: ChatRequest, rules: ModelRules, notices: Notices) -> int:
    wanted = chat.max_completion_tokens or chat.max_tokens
    if wanted is None:
        return min(_DEFAULT_MAX_TOKENS, rules.max_output)
    if wanted > rules.max_output:
        notices.add(f"max_tokens: {wanted} is over {rules.id}'s limit; {rules.max_output} is used")
    return min(wanted, rules.max_output)


def _stop_sequences(chat: ChatRequest, notices: Notices) -> tuple[str, ...] | None:
    given = [chat.stop] if isinstance(chat.stop, str) else chat.stop or []
    kept = tuple(stop for stop in given if stop.strip())
    if len(kept) < len(given):
        notices.add("stop: blank stop sequences are set aside; Claude refuses them")
    return kept or None


def _sampling(chat: ChatRequest, rules: ModelRules, notices: Notices) -> dict[str, Any]:
    """temperature or top_p, never both, only where the model still takes them."""
    given = {"temperature": chat.temperature, "top_p": chat.top_p}
    wanted = {name: value for name, value in given.items() if value is not None}
    if wanted and not rules.sampling:
        notices.add(f"{', '.join(wanted)}: set aside; {rules.id} takes no sampling parameters")
        return {}
    if len(wanted) == 2:
        notices.add("top_p: set aside; Claude takes it only without temperature")
        del wanted["top_p"]
    if wanted.get("temperature", 0) > 1:
        notices.add("temperature: 1 is used; Claude's scale ends there")
        wanted["temperature"] = 1.0
    return wanted


def _output_config(effort: str | None, format: OutputFormat | None) -> Mapping[str, Any] | None:
    given = {"effort": effort, "format": format}
    return {name: value for name, value in given.items() if value is not None} or None


def _effort(chat: ChatRequest, rules: ModelRules, notices: Notices) -> str | None:
    wanted = chat.reasoning_effort or (chat.reasoning.effort if chat.reasoning else None)
    if wanted is None:
        return None
    if not rules.efforts:
        notices.add(f"reasoning_effort: set aside; {rules.id} has no effort levels")
        return None
    effort = _nearest_effort(wanted, rules.efforts)
    if effort != wanted:
        notices.add(f"reasoning_effort: {effort} is used; {rules.id} has no {wanted}")
    return effort


def _nearest_effort(wanted: str, efforts: tuple[str, ...]) -> str:
    """The highest level that is not above the wanted one, or else the lowest."""
    limit = _EFFORT_ORDER.index(wanted)
    return next((e for e in reversed(efforts) if _EFFORT_ORDER.index(e) <= limit), efforts[0])
