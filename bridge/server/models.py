"""`GET /v1/models` and `GET /v1/models/{id}`."""

from __future__ import annotations

from aiohttp import web

from bridge.errors import ModelNotFound
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ECHO
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.models import Model, ModelList


async def list_models(request: web.Request) -> web.Response:
    """Claude's models as the active backend lists them, and `bridge-echo`."""
    body: ModelList = {"object": "list", "data": await _models(request.app[BRIDGE])}
    return web.json_response(dict(body))


async def get_model(request: web.Request) -> web.Response:
    """One of them. Raises ModelNotFound."""
    wanted = request.match_info["id"]
    for model in await _models(request.app[BRIDGE]):
        if model["id"] == wanted:
            return web.json_response(dict(model))
    raise ModelNotFound(f"The model `{wanted}` does not exist here.", param="model")


async def _models(bridge: Bridge) -> list[Model]:
    echo = [_model(model, "claude-openai-bridge") for model in await bridge.choice.echo_models()]
    if bridge.switches.backend == "offline":
        return echo
    listed = await bridge.catalogue.listed(await bridge.choice.listing())
    return [_model(model, "anthropic") for model in listed if model.id != ECHO] + echo


def _model(listed: ListedModel, owner: str) -> Model:
    model: Model = {
        "id": listed.id,
        "object": "model",
        "created": listed.created,
        "owned_by": owner,
        "display_name": listed.display_name,
        "lifecycle": listed.lifecycle,
    }
    if listed.context is not None:
        model["max_input_tokens"] = listed.context
    if listed.max_output is not None:
        model["max_output_tokens"] = listed.max_output
    return model
