"""`GET /v1/models` and `GET /v1/models/{id}`, for OpenAI's clients and for Anthropic's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bridge.errors import ModelNotFound
from bridge.models.catalogue import ListedModel, find_built_in
from bridge.models.retirement import find_retirement, has_retired
from bridge.models.rules import ECHO, ModelRules
from bridge.models.spelling import remove_date
from bridge.server.answers.computer_use import SUFFIX, split_suffix
from bridge.server.http.dialect import ANTHROPIC, get_dialect
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.request_record import Caller, get_record
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.anthropic import AnthropicModel, AnthropicModelList
from bridge.wire.models import Capabilities, Model, ModelList

_OWN = "claude-openai-bridge"
DEFAULT = "default"


async def list_models(request: web.Request) -> web.Response:
    """List the models of the active backend, their aliases and the models of embeddings."""
    bridge, caller = request.app[BRIDGE], get_record(request).caller
    listed = await _fetch_listed(bridge)
    if get_dialect(request) is ANTHROPIC:
        return web.json_response(dict(_build_anthropic_list(listed)))
    body: ModelList = {"object": "list", "data": _build_models(bridge, caller, listed)}
    return web.json_response(dict(body))


async def get_model(request: web.Request) -> web.Response:
    """Return a listed model, or the one that an alias stands for. Raises ModelNotFound."""
    bridge, name = request.app[BRIDGE], request.match_info["id"]
    caller = get_record(request).caller
    listed = await _fetch_listed(bridge)
    if get_dialect(request) is ANTHROPIC:
        # Anthropic's format has no field for an alias, and its API answers for one with the model.
        found = _find_listed(bridge, caller, listed, name)
        return web.json_response(dict(_as_anthropic_model(found)))
    models = {model["id"]: model for model in _build_models(bridge, caller, listed)}
    if name in models:
        return web.json_response(dict(models[name]))
    # Old names, other spellings and OpenAI's names are not listed, but they are answered.
    plain, has_suffix = split_suffix(name)
    target = _find_listed(bridge, caller, listed, plain)
    alias_of = target.id + SUFFIX if has_suffix else target.id
    if alias_of not in models and has_suffix:
        raise ModelNotFound(f"The model `{name}` does not exist.", param="model")
    model = models.get(alias_of) or _as_model(bridge, target)
    return web.json_response({**model, "id": name, "alias_of": alias_of})


def _find_listed(
    bridge: Bridge, caller: Caller, listed: Sequence[ListedModel], name: str
) -> ListedModel:
    """Return the listed model that answers the caller for a name. Raises ModelNotFound."""
    target = bridge.resolve(name, caller).model
    # A snapshot and the model without its date are one, whichever of them is listed.
    same = [model for model in listed if remove_date(model.id) == remove_date(target)]
    exact = next((model for model in same if model.id == target), None)
    if found := exact or next(iter(same), None):
        return found
    if bridge.switches.backend == "offline":
        raise ModelNotFound(f"The bridge is offline and has no model `{name}`.", param="model")
    # Claude is asked for it, although the list does not have it, or could not be loaded.
    return find_built_in(target) or ListedModel(target, target, 0)


async def _fetch_listed(bridge: Bridge) -> Sequence[ListedModel]:
    """Return Claude's models that still answer, and the echo."""
    echo = await bridge.selection.list_echo_models()
    if bridge.switches.backend == "offline":
        return echo
    listed = await bridge.catalogue.list_models(await bridge.selection.select_for_listing())
    today, retirements = bridge.read_today(), bridge.catalogue.retirements
    return [
        *(
            model
            for model in listed
            if model.id != ECHO and not has_retired(model.id, retirements, today)
        ),
        *echo,
    ]


def _build_models(bridge: Bridge, caller: Caller, listed: Sequence[ListedModel]) -> list[Model]:
    models = [_as_model(bridge, model) for model in listed]
    # While computer use is off, requests for these models would only fail.
    if bridge.computer.permission.mode != "off":
        models += [_add_computer_suffix(model) for model in models if model["id"] != ECHO]
    names = bridge.embedder.list_models() if bridge.embedder is not None else ()
    every = (
        *_build_aliases(bridge, caller, listed),
        *models,
        *(_as_embedding_model(name) for name in names),
    )
    # The user's own names come first, and win over a model of the same name.
    by_id: dict[str, Model] = {}
    for model in every:
        by_id.setdefault(model["id"], model)
    return list(by_id.values())


def _build_aliases(
    bridge: Bridge, caller: Caller, listed: Sequence[ListedModel]
) -> Iterator[Model]:
    """Build `default` and the user's own names.

    They come first, because clients without a choice of their own take the first model. Clients
    that need a model id before they start can be set up with `default` and stay so.
    """
    for name in (DEFAULT, *bridge.aliases.names):
        try:
            target = _find_listed(bridge, caller, listed, name)
        except ModelNotFound:
            # An alias for a model that this backend does not have.
            continue
        yield {**_as_model(bridge, target), "id": name, "owned_by": _OWN, "alias_of": target.id}


def _as_model(bridge: Bridge, listed: ListedModel) -> Model:
    model: Model = {
        "id": listed.id,
        "object": "model",
        "type": "chat",
        "created": listed.created,
        "owned_by": _OWN if listed.id == ECHO else "anthropic",
        "display_name": listed.display_name,
        "lifecycle": listed.lifecycle,
    }
    retires = find_retirement(listed.id, bridge.catalogue.retirements)
    if retires is not None:
        model["retires"] = retires.isoformat()
    if listed.context is not None:
        model["max_input_tokens"] = listed.context
    if listed.max_output is not None:
        model["max_output_tokens"] = listed.max_output
    if listed.id != ECHO:
        model["capabilities"] = _describe_capabilities(bridge.find_rules(listed.id))
    return model


def _add_computer_suffix(model: Model) -> Model:
    variant: Model = {**model, "id": model["id"] + SUFFIX, "alias_of": model["id"]}
    return {**variant, "display_name": f"{model['display_name']} with computer use"}


def _describe_capabilities(rules: ModelRules) -> Capabilities:
    return {
        "image_input": True,
        "pdf_input": True,
        "tools": True,
        "structured_outputs": rules.structured,
        "reasoning": rules.thinking != "none",
        "reasoning_efforts": list(rules.efforts),
    }


def _as_embedding_model(name: str) -> Model:
    return {
        "id": name,
        "object": "model",
        "type": "embedding",
        "created": 0,
        "owned_by": _OWN,
        "display_name": f"{name} (embeddings; not Claude)",
        "lifecycle": "active",
        "capabilities": {"embeddings": True},
    }


def _build_anthropic_list(listed: Sequence[ListedModel]) -> AnthropicModelList:
    data = [_as_anthropic_model(model) for model in listed]
    return {
        "data": data,
        "has_more": False,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }


def _as_anthropic_model(listed: ListedModel) -> AnthropicModel:
    created = datetime.fromtimestamp(listed.created, UTC)
    return {
        "type": "model",
        "id": listed.id,
        "display_name": listed.display_name,
        # Anthropic writes UTC as `Z`.
        "created_at": created.isoformat().replace("+00:00", "Z"),
    }


_MODEL_EXAMPLE: dict[str, Any] = {
    "id": "claude-opus-5-5",
    "object": "model",
    "type": "chat",
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

_DEFAULT_EXAMPLE = {
    **_MODEL_EXAMPLE,
    "id": DEFAULT,
    "owned_by": _OWN,
    "alias_of": "claude-opus-5-5",
}

_LIST_EXAMPLE: dict[str, Any] = {"object": "list", "data": [_DEFAULT_EXAMPLE, _MODEL_EXAMPLE]}

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
        has_slashes=True,
    ),
)
