"""`/control/model-aliases`: the user's own names for models."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from bridge.errors import InvalidRequest, ModelNotFound, NotFound, SettingsError, StorageUnavailable
from bridge.models.names import KnownNames, find_problem, resolve
from bridge.models.spelling import find_alias
from bridge.server.answers.computer_use import SUFFIX, split_suffix
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.setting_values import check_alias
from bridge.wire.control import AliasChange, ModelAlias, ModelAliases


async def list_aliases(request: web.Request) -> web.Response:
    """Return all names of the user's own, those of the settings and those saved here."""
    return _build_response(request.app[BRIDGE])


async def change_alias(request: web.Request) -> web.Response:
    """Save or remove a name, which applies from the next request on; return all names.

    Raises InvalidRequest with the reason, NotFound for a name that is not saved, and
    StorageUnavailable.
    """
    bridge = request.app[BRIDGE]
    change = await read_body(request, AliasChange)
    if change.model is None:
        await _remove_alias(bridge, change.name)
    else:
        await _save_alias(bridge, change.name, change.model)
    _update_active_model(bridge)
    return _build_response(bridge)


async def _save_alias(bridge: Bridge, name: str, model: str) -> None:
    try:
        check_alias(name, model)
    except ValueError as error:
        words = str(error)
        param = "name" if model.strip() else "model"
        raise InvalidRequest(f"{words[0].upper()}{words[1:]}.", param=param) from error
    if split_suffix(name)[1]:
        raise InvalidRequest(
            f"A name must not end in `{SUFFIX}`, which turns computer use on.", param="name"
        )
    _check_chain(bridge, model)
    _check_setting(bridge, name, model)
    try:
        await asyncio.to_thread(bridge.aliases.save, name, model)
    except SettingsError as error:
        raise StorageUnavailable(f"The name is not saved: {error}.") from error


async def _remove_alias(bridge: Bridge, name: str) -> None:
    key = name.strip().lower()
    if key not in bridge.aliases.saved:
        if key in bridge.aliases.configured:
            raise InvalidRequest(
                f"`{key}` is in the setting `model_aliases`: remove it there.", param="name"
            )
        raise NotFound(f"There is no saved name `{key}`.", param="name")
    _check_setting(bridge, key, None)
    try:
        await asyncio.to_thread(bridge.aliases.remove, key)
    except SettingsError as error:
        raise StorageUnavailable(f"The name is not removed: {error}.") from error


def _check_chain(bridge: Bridge, model: str) -> None:
    """Raise InvalidRequest if `model` is another name of the user's own, and no model."""
    other = find_alias(model.strip(), bridge.aliases.index)
    if other is not None and find_problem(model, bridge.known_names) is not None:
        raise InvalidRequest(
            f"`{model.strip()}` is a name of your own. Enter the model that it stands for: "
            f"`{other}`.",
            param="model",
        )


def _check_setting(bridge: Bridge, name: str, model: str | None) -> None:
    """Raise InvalidRequest if the bridge could not start with this change."""
    active = bridge.settings.model
    # As at the start, when the backend has not listed its models yet.
    names = KnownNames(aliases=bridge.aliases.preview(name, model))
    try:
        resolve(active, bridge.switches.model, names, bridge.read_today())
    except ModelNotFound as error:
        raise InvalidRequest(
            f"The setting `model` is `{active}`, and no model would answer for it. Change that "
            "setting first.",
            param="name" if model is None else "model",
        ) from error


def _update_active_model(bridge: Bridge) -> None:
    """Resolve the active model's name again, which may be the one that has changed."""
    try:
        bridge.choose_model(bridge.chosen_model)
    except ModelNotFound:
        # The name was removed after the model had been chosen by it: that model stays active.
        bridge.chosen_model = bridge.switches.model


def _build_response(bridge: Bridge) -> web.Response:
    names = sorted(bridge.aliases.names)
    body = ModelAliases(aliases=[_describe_alias(bridge, name) for name in names])
    return web.json_response(body.model_dump())


def _describe_alias(bridge: Bridge, name: str) -> ModelAlias:
    model = bridge.aliases.names[name]
    problem = find_problem(model, bridge.known_names)
    return ModelAlias(
        name=name,
        model=model,
        answers=None if problem else bridge.resolve_name(name).model,
        problem=problem,
        saved=name in bridge.aliases.saved,
        setting=bridge.aliases.configured.get(name),
    )


_CHANGE_EXAMPLE: dict[str, Any] = {"name": "fast", "model": "haiku"}
_ALIASES_EXAMPLE: dict[str, Any] = {
    "aliases": [
        {
            "name": "fast",
            "model": "haiku",
            "answers": "claude-haiku-5-5",
            "problem": None,
            "saved": True,
            "setting": None,
        }
    ]
}

ROUTES = (
    Endpoint(
        "GET",
        "/control/model-aliases",
        list_aliases,
        "Control",
        "List your own names for models",
        Answer("All names.", ModelAliases, _ALIASES_EXAMPLE),
        access="token",
    ),
    Endpoint(
        "POST",
        "/control/model-aliases",
        change_alias,
        "Control",
        "Save or remove a name of your own for a model",
        Answer("All names, after the change.", ModelAliases, _ALIASES_EXAMPLE),
        access="token",
        body=AliasChange,
        example=_CHANGE_EXAMPLE,
        failures=(404, 503),
    ),
)
