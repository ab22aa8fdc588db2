"""The endpoint table: routing, the OpenAPI document and its page follow from it."""

from __future__ import annotations

from typing import Any

from bridge.server.api import examples
from bridge.server.api.assets import PAGES, asset
from bridge.server.api.chat import chat_completions
from bridge.server.api.completions import completions
from bridge.server.api.computer_routes import COMPUTER
from bridge.server.api.connect import connect
from bridge.server.api.control import (
    issue_ticket,
    keep_key,
    login,
    login_status,
    redeem_ticket,
    reload,
    stop,
    switch,
)
from bridge.server.api.embeddings import embeddings
from bridge.server.api.health import health
from bridge.server.api.messages import count_tokens, messages
from bridge.server.api.metrics import metrics
from bridge.server.api.models import get_model, list_models
from bridge.server.api.openapi_json import openapi
from bridge.server.api.pages import docs, root, setup
from bridge.server.api.responses.compact import compact_response
from bridge.server.api.responses.resource import (
    cancel_response,
    count_input_tokens,
    create_response,
    delete_response,
    get_response,
    list_input_items,
)
from bridge.server.api.responses.socket import responses_socket
from bridge.server.api.usage import usage
from bridge.server.http.endpoint import Answer, Endpoint, Parameter
from bridge.wire.anthropic import CountBody, MessagesBody, TokenCount, WholeMessage
from bridge.wire.chat import ChatRequest
from bridge.wire.completion import ChatCompletion, Chunk
from bridge.wire.completions import CompletionRequest, TextCompletion
from bridge.wire.connect import Connections
from bridge.wire.control import (
    Health,
    KeyKept,
    KeysReloaded,
    NewKey,
    Redeemed,
    Root,
    SignInStatus,
    SignInStep,
    StopAccepted,
    SwitchesPatch,
    SwitchesState,
    Ticket,
)
from bridge.wire.embeddings import CreateEmbeddingResponse, EmbeddingsRequest
from bridge.wire.errors import AnthropicErrorBody
from bridge.wire.models import Model, ModelList
from bridge.wire.responses import (
    CompactedResponse,
    CompactRequest,
    InputItems,
    InputTokens,
    Response,
    ResponseDeleted,
    ResponsesRequest,
)
from bridge.wire.usage import UsageReport

_CLAUDE = (401, 402, 403, 404, 429, 502, 504)
"""Whatever may happen while Claude is asked."""
_ASKED = ("x-bridge-notice",)
_HTML = ("text/html",)


def _up_to(most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0, "maximum": most}


_PROGRAMS = (
    Endpoint(
        "POST",
        "/v1/chat/completions",
        chat_completions,
        "OpenAI",
        "Answer a chat",
        Answer(
            "The whole answer; with `stream: true` events `data: {chunk}` and `data: [DONE]`.",
            ChatCompletion,
            examples.CHAT_COMPLETION,
            events=Chunk,
            headers=_ASKED,
        ),
        access="key",
        body=ChatRequest,
        example=examples.CHAT,
        failures=_CLAUDE,
    ),
    Endpoint(
        "POST",
        "/v1/completions",
        completions,
        "OpenAI",
        "Go on with a text, or fill its gap",
        Answer(
            "The whole answer; with `stream: true` events `data: {chunk}` and `data: [DONE]`.",
            TextCompletion,
            examples.TEXT_COMPLETION,
            events=TextCompletion,
            headers=_ASKED,
        ),
        access="key",
        body=CompletionRequest,
        example=examples.COMPLETION,
        failures=_CLAUDE,
    ),
    Endpoint(
        "POST",
        "/v1/responses",
        create_response,
        "Responses",
        "Answer as a response with items",
        Answer(
            "The whole response; with `stream: true` its events, numbered.",
            Response,
            examples.RESPONSE,
            events=dict,
            headers=_ASKED,
        ),
        access="key",
        body=ResponsesRequest,
        example=examples.RESPONSES,
        failures=_CLAUDE,
    ),
    Endpoint(
        "GET",
        "/v1/responses",
        responses_socket,
        "Responses",
        "The same over a WebSocket: messages response.create, each with its own events",
        Answer("The connection is a WebSocket.", status=101),
        access="key",
        failures=(404,),
    ),
    Endpoint(
        "POST",
        "/v1/responses/compact",
        compact_response,
        "Responses",
        "Make a long conversation short",
        Answer(
            "The person's messages, and an item to give back in the place of all else.",
            CompactedResponse,
            examples.COMPACTED,
            headers=_ASKED,
        ),
        access="key",
        body=CompactRequest,
        example=examples.COMPACT,
        failures=_CLAUDE,
    ),
    Endpoint(
        "POST",
        "/v1/responses/input_tokens",
        count_input_tokens,
        "Responses",
        "Count the tokens of a response's input",
        Answer("As upstream counts them.", InputTokens, examples.INPUT_TOKENS),
        access="key",
        body=ResponsesRequest,
        example=examples.RESPONSES,
        failures=(*_CLAUDE, 501),
    ),
    Endpoint(
        "GET",
        "/v1/responses/{id}",
        get_response,
        "Responses",
        "A response that was kept",
        Answer("As it was answered.", Response),
        access="key",
        failures=(404,),
    ),
    Endpoint(
        "DELETE",
        "/v1/responses/{id}",
        delete_response,
        "Responses",
        "Forget a response",
        Answer("It is forgotten.", ResponseDeleted),
        access="key",
        failures=(404,),
    ),
    Endpoint(
        "GET",
        "/v1/responses/{id}/input_items",
        list_input_items,
        "Responses",
        "What was sent with a response's request",
        Answer("Newest first, unless `order=asc`.", InputItems),
        access="key",
        query=(
            Parameter("limit", "Items on a page, 20 unless said.", {**_up_to(100), "minimum": 1}),
            Parameter("order", "By age.", {"enum": ["asc", "desc"]}),
            Parameter("after", "The last item of the page before.", {"type": "string"}),
        ),
        failures=(400, 404),
    ),
    Endpoint(
        "POST",
        "/v1/responses/{id}/cancel",
        cancel_response,
        "Responses",
        "Cancel a response that is written in the background",
        Answer("As it is kept, cancelled.", Response),
        access="key",
        failures=(404,),
    ),
    Endpoint(
        "POST",
        "/v1/embeddings",
        embeddings,
        "OpenAI",
        "Turn texts into vectors; not by Claude",
        Answer(
            "In the order of the inputs.",
            CreateEmbeddingResponse,
            examples.EMBEDDING,
            headers=_ASKED,
        ),
        access="key",
        body=EmbeddingsRequest,
        example=examples.EMBEDDINGS,
        failures=(401, 404, 429, 501, 502, 504),
    ),
    Endpoint(
        "POST",
        "/v1/messages",
        messages,
        "Anthropic",
        "Answer in Anthropic's own dialect",
        Answer(
            "The whole message; with `stream: true` Claude's events as they come.",
            WholeMessage,
            examples.WHOLE_MESSAGE,
            events=dict,
            headers=_ASKED,
        ),
        access="key",
        body=MessagesBody,
        example=examples.MESSAGES,
        failures=(*_CLAUDE, 529),
        error=AnthropicErrorBody,
    ),
    Endpoint(
        "POST",
        "/v1/messages/count_tokens",
        count_tokens,
        "Anthropic",
        "Count the tokens of a prompt",
        Answer("As upstream counts them.", TokenCount, examples.TOKEN_COUNT),
        access="key",
        body=CountBody,
        example=examples.COUNT_TOKENS,
        failures=(*_CLAUDE, 501, 529),
        error=AnthropicErrorBody,
    ),
    Endpoint(
        "GET",
        "/v1/models",
        list_models,
        "OpenAI",
        "The models that can be asked for",
        Answer("All of them.", ModelList, examples.MODEL_LIST),
        access="key",
    ),
    Endpoint(
        "GET",
        "/v1/models/{id}",
        get_model,
        "OpenAI",
        "One model",
        Answer("The model.", Model, examples.MODEL),
        access="key",
        failures=(404,),
    ),
)

_PEOPLE = (
    Endpoint(
        "GET",
        "/",
        root,
        "Pages",
        "The dashboard for a person, a pointer for a program",
        Answer("By `Accept`.", Root, examples.ROOT, text=_HTML),
    ),
    Endpoint(
        "GET", "/setup", setup, "Pages", "Sign in, or keep a key", Answer("A page.", text=_HTML)
    ),
    Endpoint("GET", "/docs", docs, "Pages", "This description", Answer("A page.", text=_HTML)),
    Endpoint(
        "GET",
        "/openapi.json",
        openapi,
        "Pages",
        "This description, for programs",
        Answer("An OpenAPI 3.1 document.", dict),
    ),
    Endpoint(
        "GET",
        "/assets/{name}",
        asset,
        "Pages",
        "What the pages are made of",
        Answer("The file.", text=tuple(sorted(set(PAGES.values())))),
        failures=(404,),
    ),
)

_INSIGHT = (
    Endpoint(
        "GET",
        "/health",
        health,
        "Insight",
        "Whether the bridge runs and Claude can be asked",
        Answer("Always, while it runs.", Health, examples.HEALTH),
    ),
    Endpoint(
        "GET",
        "/usage",
        usage,
        "Insight",
        "Requests, tokens and cost, without what was said",
        Answer("Newest first.", UsageReport, examples.USAGE),
        access="key",
        query=(
            Parameter("days", "Calendar days, today being one.", _up_to(400)),
            Parameter("recent", "The latest requests.", _up_to(1000)),
        ),
        failures=(400,),
    ),
    Endpoint(
        "GET",
        "/metrics",
        metrics,
        "Insight",
        "Numbers for Prometheus",
        Answer("Prometheus' text format.", text=("text/plain",)),
        access="key",
    ),
    Endpoint(
        "GET",
        "/connect",
        connect,
        "Insight",
        "How to connect each known client",
        Answer("One entry a client.", Connections, examples.CONNECTIONS),
    ),
)

_CONTROL = (
    Endpoint(
        "POST",
        "/control/switches",
        switch,
        "Control",
        "Change model, backend or computer use; pause and resume",
        Answer("All switches.", SwitchesState, examples.SWITCHES),
        access="token",
        body=SwitchesPatch,
        example=examples.SWITCHES_PATCH,
        failures=(404,),
    ),
    Endpoint(
        "POST",
        "/control/keys",
        keep_key,
        "Control",
        "Keep a key in the system's keyring",
        Answer("It is used from now on.", KeyKept, examples.KEY_KEPT),
        access="token",
        body=NewKey,
        example=examples.NEW_KEY,
        failures=(400,),
    ),
    Endpoint(
        "POST",
        "/control/login",
        login,
        "Control",
        "Sign in to Claude Code",
        Answer("Where to go on, or what came of it.", SignInStatus, examples.SIGN_IN),
        access="token",
        body=SignInStep,
        example=examples.SIGN_IN_STEP,
        failures=(502,),
    ),
    Endpoint(
        "GET",
        "/control/login",
        login_status,
        "Control",
        "How far the sign-in to Claude Code is",
        Answer("Where it stands.", SignInStatus, examples.NO_SIGN_IN),
        access="token",
    ),
    Endpoint(
        "POST",
        "/control/tickets",
        issue_ticket,
        "Control",
        "A ticket with which a page gets the token, once",
        Answer("Good for a minute.", Ticket, examples.TICKET),
        access="token",
    ),
    Endpoint(
        "POST",
        "/control/tickets/redeem",
        redeem_ticket,
        "Control",
        "The token, for a ticket",
        Answer("For the page that was opened with it.", Redeemed),
        body=Ticket,
        example=examples.TICKET,
    ),
    Endpoint(
        "POST",
        "/control/reload",
        reload,
        "Control",
        "Read the keys anew",
        Answer("How many there are.", KeysReloaded, examples.KEYS_RELOADED),
        access="token",
    ),
    Endpoint(
        "POST",
        "/control/stop",
        stop,
        "Control",
        "Finish the running answers and end",
        Answer("It will end.", StopAccepted, examples.STOP_ACCEPTED, status=202),
        access="token",
    ),
)

ENDPOINTS: tuple[Endpoint, ...] = (*_PROGRAMS, *_PEOPLE, *_INSIGHT, *_CONTROL, *COMPUTER)
