"""`GET /v1/models` and `GET /v1/models/{id}`, to OpenAI's clients and to Anthropic's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bridge.errors import ModelNotFound
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ECHO, ModelRules
from bridge.server.answers.computer_use import SUFFIX
from bridge.server.http.dialect import ANTHROPIC, dialect_of
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.anthropic import AnthropicModel, AnthropicModelList
from bridge.wire.models import Capabilities, Model, ModelList

_OWN = "claude-openai-bridge"
DEFAULT = "default"


async def list_models(request: web.Request) -> web.Response:
    """Claude's models as the active backend lists them, and what else can be asked for."""
    bridge = request.app[BRIDGE]
    listed = await _listed(bridge)
    if dialect_of(request) is ANTHROPIC:
        return web.json_response(dict(_anthropic_page(listed)))
    body: ModelList = {"object": "list", "data": _models(bridge, listed)}
    return web.json_response(dict(body))


async def get_model(request: web.Request) -> web.Response:
    """One of them, or what answers to a name that is not in the list. Raises ModelNotFound."""
    bridge, wanted = request.app[BRIDGE], request.match_info["id"]
    listed = await _listed(bridge)
    known = {model["id"]: model for model in _models(bridge, listed)}
    if wanted not in known:
        answering = bridge.resolve(wanted).model
        if answering not in known:
            raise ModelNotFound(f"The model `{wanted}` does not exist here.", param="model")
        known[wanted] = {**known[answering], "id": wanted, "alias_of": answering}
    if dialect_of(request) is ANTHROPIC:
        shown = next((model for model in listed if model.id == wanted), None)
        if shown is None:
            raise ModelNotFound(f"The model `{wanted}` does not exist here.", param="model")
        return web.json_response(dict(_anthropic_model(shown)))
    return web.json_response(dict(known[wanted]))


async def _listed(bridge: Bridge) -> Sequence[ListedModel]:
    """Those that Claude answers as, and the echo."""
    echo = await bridge.choice.echo_models()
    if bridge.switches.backend == "offline":
        return echo
    listed = await bridge.catalogue.list_models(await bridge.choice.listing())
    return [*(model for model in listed if model.id != ECHO), *echo]


def _models(bridge: Bridge, listed: Sequence[ListedModel]) -> list[Model]:
    models = [_model(model, bridge.rules(model.id)) for model in listed]
    if bridge.computer.permission.mode != "off":
        models += [_add_computer_suffix(model) for model in models if model["id"] != ECHO]
    active = next((model for model in models if model["id"] == bridge.active_model), None)
    if active is not None:
        alias: Model = {**active, "id": DEFAULT, "owned_by": _OWN, "alias_of": active["id"]}
        models.append(alias)
    names = bridge.embedder.models() if bridge.embedder is not None else ()
    return models + [_embedding(name) for name in names]


def _model(listed: ListedModel, rules: ModelRules) -> Model:
    model: Model = {
        "id": listed.id,
        "object": "model",
        "created": listed.created,
        "owned_by": _OWN if listed.id == ECHO else "anthropic",
        "display_name": listed.display_name,
        "lifecycle": listed.lifecycle,
    }
    if listed.context is not None:
        model["max_input_tokens"] = listed.context
    if listed.max_output is not None:
        model["max_output_tokens"] = listed.max_output
    if listed.id != ECHO:
        model["capabilities"] = _capabilities(rules)
    return model


def _add_computer_suffix(model: Model) -> Model:
    shown: Model = {**model, "id": model["id"] + SUFFIX, "alias_of": model["id"]}
    return {**shown, "display_name": f"{model['display_name']} with this computer"}


def _capabilities(rules: ModelRules) -> Capabilities:
    return {
        "image_input": True,
        "pdf_input": True,
        "tools": True,
        "structured_outputs": rules.structured,
        "reasoning": rules.thinking != "none",
        "reasoning_efforts": list(rules.efforts),
    }


def _embedding(name: str) -> Model:
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": _OWN,
        "display_name": f"{name} (embeddings; not Claude)",
        "lifecycle": "active",
        "capabilities": {"embeddings": True},
    }


def _anthropic_page(listed: Sequence[ListedModel]) -> AnthropicModelList:
    data = [_anthropic_model(model) for model in listed]
    return {
        "data": data,
        "has_more": False,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }


def _anthropic_model(listed: ListedModel) -> AnthropicModel:
    created = datetime.fromtimestamp(listed.created, UTC)
    return {
        "type": "model",
        "id": listed.id,
        "display_name": listed.display_name,
        "created_at": created.isoformat().replace("+00:00", "Z"),
    }


_MODEL_EXAMPLE: dict[str, Any] = {
    "id": "claude-opus-5-5",
    "object": "model",
    "created": 1788220800,
    "owned_by": "anthropic",
    "display_name": "Claude Opus 5.5",
    "lifecycle": "active",
    "max_input_tokens": 1000000,
    "max_output_tokens": 128000,
    "capabilities": {
        "image_input": True,
        "pdf_input": True,
        "tools": True,
        "structured_outputs": True,
        "reasoning": True,
        "reasoning_efforts": ["low", "medium", "high", "xhigh", "max"],
    },
}

_LIST_EXAMPLE: dict[str, Any] = {"object": "list", "data": [_MODEL_EXAMPLE]}

ROUTES = (
    Endpoint(
        "GET",
        "/v1/models",
        list_models,
        "OpenAI",
        "List the models",
        Answer("All models.", ModelList, _LIST_EXAMPLE),
        access="key",
    ),
    Endpoint(
        "GET",
        "/v1/models/{id}",
        get_model,
        "OpenAI",
        "Get a model",
        Answer("The model.", Model, _MODEL_EXAMPLE),
        access="key",
        failures=(404,),
    ),
)
