"""`/control/keys`: list, save, remove and reload the API keys; no key is ever returned."""

from __future__ import annotations

import os
from typing import Any

from aiohttp import web

from bridge.backends.anthropic_api.key_check import NEW_KEY, KeyCheck, check_key, has_own_upstream
from bridge.errors import InvalidRequest, SettingsError
from bridge.keys import OWNERS, NamedKey, check_secret
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.control import KeyOfOwner, KeysReloaded, ListedKey, NewKey, SavedKey, SavedKeys

_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
"""Credentials of the environment, which are used before the saved keys."""


async def list_keys(request: web.Request) -> web.Response:
    """List the saved keys by their labels. Raises KeyringUnavailable."""
    return await _respond_with_keys(request.app[BRIDGE])


async def save_key(request: web.Request) -> web.Response:
    """Check a key, save it and use it from now on.

    Raises InvalidRequest for text that is not a key, and for a key that Anthropic rejects.
    """
    bridge = request.app[BRIDGE]
    new_key = await read_body(request, NewKey)
    try:
        secret = check_secret(new_key.secret, new_key.owner, own_upstream=has_own_upstream())
    except SettingsError as error:
        words = str(error).removesuffix(".")
        raise InvalidRequest(f"{words[0].upper()}{words[1:]}.", param="secret") from error
    check = await check_key(secret) if new_key.owner == "anthropic" else None
    if check is not None and check.state == "rejected":
        raise InvalidRequest(
            f"Anthropic rejected this key; not saved: {check.words}. {NEW_KEY}", param="secret"
        )
    is_accepted = check is not None and check.state == "accepted"
    key = NamedKey(new_key.name, secret)
    keys, place = await bridge.keys.save_key(new_key.owner, key, is_accepted=is_accepted)
    if new_key.owner == "anthropic":
        bridge.selection.forget_subscription()
    await bridge.selection.reload()
    bridge.start_warm_up()
    saved = SavedKey(
        kept_in=place,
        anthropic=len(keys.anthropic),
        bridge=len(keys.bridge),
        check="accepted" if is_accepted else "unchecked",
        words=check.describe() if check is not None else "",
        problem=_name_problem(check),
    )
    return web.json_response(saved.model_dump())


async def remove_key(request: web.Request) -> web.Response:
    """Remove a key and list the others. Raises NotFound and KeyringUnavailable."""
    bridge = request.app[BRIDGE]
    key = await read_body(request, KeyOfOwner)
    await bridge.keys.remove_key(key.owner, key.name)
    await bridge.selection.reload()
    bridge.start_warm_up()
    return await _respond_with_keys(bridge)


async def reload_keys(request: web.Request) -> web.Response:
    """Reload the keys, and return how many there are."""
    bridge = request.app[BRIDGE]
    try:
        keys = await bridge.keys.reload()
    finally:
        # Also if the keys cannot be read: the caller wants every route to be tried again.
        await bridge.selection.reload()
        # Lists the models again, which shows whether a changed key works.
        bridge.catalogue.expire()
        bridge.start_warm_up()
    reloaded = KeysReloaded(anthropic=len(keys.anthropic), bridge=len(keys.bridge))
    return web.json_response(reloaded.model_dump())


async def _respond_with_keys(bridge: Bridge) -> web.Response:
    keys = await bridge.keys.get_keys()
    listed = [
        ListedKey(owner=owner, name=key.name, hint=key.hint, computer=key.computer)
        for owner in OWNERS
        for key in keys.of(owner)
    ]
    body = SavedKeys(keys=listed, environment=[name for name in _VARIABLES if os.environ.get(name)])
    return web.json_response(body.model_dump())


def _name_problem(check: KeyCheck | None) -> str | None:
    """Return why a key could not be checked; None if it was, or need not be."""
    if check is None or check.state != "unchecked":
        return None
    return "offline" if check.is_offline else check.words


_NEW_KEY_EXAMPLE: dict[str, Any] = {
    "owner": "anthropic",
    "name": "work",
    "secret": "sk-ant-made-up",
}
_KEY_EXAMPLE: dict[str, Any] = {
    "kept_in": "the system's keyring",
    "anthropic": 1,
    "bridge": 0,
    "check": "accepted",
    "words": "Anthropic accepted the key.",
    "problem": None,
}
_KEYS_EXAMPLE: dict[str, Any] = {"anthropic": 1, "bridge": 0}
_REMOVED_EXAMPLE: dict[str, Any] = {"owner": "anthropic", "name": "work"}
_LIST_EXAMPLE: dict[str, Any] = {
    "keys": [{"owner": "anthropic", "name": "work", "hint": "…3f9A", "computer": False}],
    "environment": ["ANTHROPIC_API_KEY"],
}

ROUTES = (
    Endpoint(
        "GET",
        "/control/keys",
        list_keys,
        "Control",
        "List the saved API keys by their labels",
        Answer("Labels, never the keys.", SavedKeys, _LIST_EXAMPLE),
        access="token",
        failures=(503,),
    ),
    Endpoint(
        "POST",
        "/control/keys",
        save_key,
        "Control",
        "Check an API key, and save it in the system's keyring",
        Answer("The key is saved and in use.", SavedKey, _KEY_EXAMPLE),
        access="token",
        body=NewKey,
        example=_NEW_KEY_EXAMPLE,
        failures=(400,),
    ),
    Endpoint(
        "POST",
        "/control/keys/remove",
        remove_key,
        "Control",
        "Remove a saved API key",
        Answer("The keys that are left.", SavedKeys, _LIST_EXAMPLE),
        access="token",
        body=KeyOfOwner,
        example=_REMOVED_EXAMPLE,
        failures=(404, 503),
    ),
    Endpoint(
        "POST",
        "/control/reload",
        reload_keys,
        "Control",
        "Reload the API keys",
        Answer("How many keys there are.", KeysReloaded, _KEYS_EXAMPLE),
        access="token",
    ),
)
