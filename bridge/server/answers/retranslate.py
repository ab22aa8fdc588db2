"""Translates a recorded request again, also with another body: for fields, and to send it again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import BridgeError, InvalidRequest
from bridge.inspect.exchange import Exchange
from bridge.inspect.fields import Untranslatable
from bridge.models.names import ResolvedModel
from bridge.models.rules import ModelRules
from bridge.routing.profile import apply_profile
from bridge.server.answers.computer_use import split_suffix
from bridge.server.answers.response import ResponseMemory, build_chat, load_previous
from bridge.server.answers.response import resolve_references as resolve_item_references
from bridge.server.answers.routing import apply_effort
from bridge.server.http.request_body import validate_body
from bridge.server.request_record import Caller
from bridge.server.state import Bridge
from bridge.store.responses import Chain
from bridge.translate.chat.request import Translation, translate_chat
from bridge.translate.completions import build_chats
from bridge.translate.passthrough import add_named_effort, pass_through
from bridge.translate.responses.request import translate_response_chat
from bridge.wire.anthropic import MessagesBody
from bridge.wire.chat import ChatRequest
from bridge.wire.completions import CompletionRequest
from bridge.wire.json_bytes import decode_json
from bridge.wire.responses import ResponsesRequest

TRANSLATED = ("/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/responses")
"""The endpoints whose requests are translated for Claude."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request that is ready to be translated for a model."""

    resolved: ResolvedModel
    translate: Callable[[ModelRules, str], Translation]
    notices: tuple[str, ...] = ()
    """Those that come before the translation."""


Resolve = Callable[[str], ResolvedModel]
"""Finds the model by the name in a request."""
Parse = Callable[[Mapping[str, Any]], Question]
"""Parses a client's body; raises BridgeError."""


def read_recorded_body(exchange: Exchange) -> dict[str, Any]:
    """Return the client's body. Raises InvalidRequest if it is none that can be translated."""
    if exchange.request.path not in TRANSLATED:
        raise InvalidRequest(f"Requests to {exchange.request.path} are not translated for Claude.")
    if exchange.is_rejected:
        raise InvalidRequest("This request was refused before its body was read.")
    try:
        body = decode_json(exchange.request.body)
    except ValueError as error:
        raise InvalidRequest("The body of this request is not valid JSON.") from error
    if not isinstance(body, dict):
        raise InvalidRequest("The body of this request is not a JSON object.")
    if exchange.via == "socket":
        return {name: value for name, value in body.items() if name not in ("type", "generate")}
    return body


async def make_parser(
    bridge: Bridge,
    exchange: Exchange,
    body: dict[str, Any],
    resolve: Resolve | None = None,
) -> Parse:
    """Return the parser for the exchange's endpoint. Raises BridgeError.

    For a response that continues another one, that one is loaded once. `resolve` finds the model by
    its name; without it, the user's rules decide, as they do for a client.
    """
    if resolve is None:
        caller = Caller(exchange.request.client, exchange.request.key)
        resolve = functools.partial(bridge.resolve, caller=caller)
    headers = {name.lower(): value for name, value in exchange.request.headers}
    match exchange.request.path:
        case "/v1/messages":
            return functools.partial(_parse_message, bridge, resolve, headers)
        case "/v1/completions":
            return functools.partial(_parse_completion, resolve)
        case "/v1/responses":
            request = validate_body(ResponsesRequest, body)
            request = await resolve_item_references(bridge, request)
            previous = await load_previous(request, ResponseMemory(bridge))
            return functools.partial(_parse_response, resolve, previous, request.input)
        case _:
            return functools.partial(_parse_chat, resolve)


def find_narrowed_rules(bridge: Bridge, exchange: Exchange) -> tuple[ModelRules, str] | None:
    """Return the rules by which an exchange was translated, and the model; None without a call."""
    if not exchange.calls:
        return None
    call = exchange.calls[-1]
    model = str(decode_json(call.body)["model"])
    rules = bridge.find_rules(model, call.backend)
    return bridge.selection.narrow_rules(call.backend, rules), model


def translate_body(
    parse: Parse, rules: ModelRules, model: str | None, body: Mapping[str, Any]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return the request for Claude, and the notices. Raises Untranslatable.

    `model` is the one that has answered; None takes the one that the body names.
    """
    try:
        question = parse(body)
        rules = apply_profile(question.resolved.rule, rules)
        translated = question.translate(rules, model or question.resolved.model)
    except BridgeError as error:
        raise Untranslatable(error.message) from error
    # Tuples and lists are the same in JSON.
    upstream = {name: _as_json(value) for name, value in translated.request.body().items()}
    return upstream, (*question.notices, *question.resolved.notices, *translated.notices)


def _as_json(value: Any) -> Any:
    match value:
        case dict():
            return {name: _as_json(item) for name, item in value.items()}
        case list() | tuple():
            return [_as_json(item) for item in value]
        case _:
            return value


def _parse_chat(resolve: Resolve, body: Mapping[str, Any]) -> Question:
    chat = validate_body(ChatRequest, dict(body))
    resolved = resolve(split_suffix(chat.model)[0])
    return Question(resolved, functools.partial(translate_chat, apply_effort(chat, resolved)))


def _parse_completion(resolve: Resolve, body: Mapping[str, Any]) -> Question:
    completion = validate_body(CompletionRequest, dict(body))
    resolved = resolve(completion.model)
    chats = [apply_effort(chat, resolved) for chat in build_chats(completion, resolved.effort)]
    return Question(resolved, functools.partial(translate_chat, chats[0]))


def _parse_message(
    bridge: Bridge, resolve: Resolve, headers: Mapping[str, str], body: Mapping[str, Any]
) -> Question:
    message = validate_body(MessagesBody, dict(body))
    resolved = resolve(message.model)
    notices: tuple[str, ...] = ()
    if resolved.rule_effort is None:
        rules = bridge.find_rules(resolved.model)
        message, notices = add_named_effort(message, resolved.effort, rules)
    translate = functools.partial(pass_through, message, headers, effort=resolved.rule_effort)
    return Question(resolved, translate, notices)


def _parse_response(
    resolve: Resolve, previous: Chain, input: Any, body: Mapping[str, Any]
) -> Question:
    request = validate_body(ResponsesRequest, dict(body))
    # With the items that the client only named.
    request = request.model_copy(update={"input": input}) if request.input else request
    resolved = resolve(split_suffix(request.model)[0])
    items = previous.items if request.previous_response_id is not None else ()
    converted, chat = build_chat(request, items)
    translate = functools.partial(translate_response_chat, converted, apply_effort(chat, resolved))
    return Question(resolved, translate, tuple(converted.notices))
