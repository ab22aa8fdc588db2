"""`/control/login`, `/control/logout` and `/control/sign-ins`: the sign-ins of Claude Code."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from bridge.backends.claude_code.sign_in.environments import TOKEN_VARIABLE
from bridge.backends.claude_code.sign_in.status import SignInResult
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.control import (
    SignInAccount,
    SignInAccounts,
    SignInStatus,
    SignInStep,
    SignOutOfClaude,
)


async def sign_in(request: web.Request) -> web.Response:
    """Begin Claude Code's sign-in, or continue it with the code that its web page has shown."""
    bridge = request.app[BRIDGE]
    step = await read_body(request, SignInStep)
    if step.code is None:
        bridge.check_sign_in(step.sign_in or bridge.switches.sign_in)
        status = await bridge.sign_in.begin(step.sign_in or bridge.switches.sign_in)
    else:
        status = await bridge.sign_in.submit_code(step.code)
    if bridge.sign_in.take_success():
        await _use_changed_sign_in(bridge)
    return web.json_response(status.model_dump())


async def get_sign_in_status(request: web.Request) -> web.Response:
    """Return the state of the sign-in."""
    bridge = request.app[BRIDGE]
    if bridge.sign_in.take_success():
        await _use_changed_sign_in(bridge)
    return web.json_response(bridge.sign_in.get_status().model_dump())


async def cancel_sign_in(request: web.Request) -> web.Response:
    """End a sign-in that is waiting for the user, and return the state."""
    status = await request.app[BRIDGE].sign_in.cancel()
    return web.json_response(status.model_dump())


async def list_sign_ins(request: web.Request) -> web.Response:
    """List the sign-ins with their accounts, as Claude Code reports them."""
    return await _respond_with_sign_ins(request.app[BRIDGE])


async def sign_out_of_claude(request: web.Request) -> web.Response:
    """End a sign-in with Claude Code's own command, and list all of them.

    Raises InvalidRequest for an unknown sign-in and for one that is a token of the environment, and
    UpstreamFailed if Claude Code fails.
    """
    bridge = request.app[BRIDGE]
    choice = await read_body(request, SignOutOfClaude)
    name = choice.sign_in or bridge.switches.sign_in
    bridge.check_sign_in(name)
    await bridge.accounts.sign_out(name)
    await _use_changed_sign_in(bridge)
    return await _respond_with_sign_ins(bridge)


async def _use_changed_sign_in(bridge: Bridge) -> None:
    # The backends have cached whether there is a sign-in.
    bridge.accounts.forget()
    await bridge.selection.reload()
    bridge.start_warm_up()


async def _respond_with_sign_ins(bridge: Bridge) -> web.Response:
    names = ("default", *bridge.settings.sign_ins)
    results = await asyncio.gather(*(bridge.accounts.read(name) for name in names))
    body = SignInAccounts(
        sign_ins=[
            _as_account(bridge, name, result) for name, result in zip(names, results, strict=True)
        ]
    )
    return web.json_response(body.model_dump())


def _as_account(bridge: Bridge, name: str, result: SignInResult) -> SignInAccount:
    has_token = bridge.accounts.has_token(name)
    locked = f"Signed in by {TOKEN_VARIABLE} in the environment; remove it there."
    return SignInAccount(
        name=name,
        active=name == bridge.switches.sign_in,
        state="unknown" if result.problem else "signed_in" if result.signed_in else "signed_out",
        email=result.email,
        plan=result.plan,
        words=_describe_account(result),
        locked=locked if has_token and result.signed_in else None,
    )


def _describe_account(result: SignInResult) -> str:
    """Return the state for the user, with only what Claude Code itself has reported."""
    if result.problem:
        return f"{result.problem[0].upper()}{result.problem[1:]}."
    if not result.signed_in:
        return "Not signed in."
    # `max` is shown as "Max"; a name with capitals of its own stays as it is.
    plan = f" ({result.plan[0].upper()}{result.plan[1:]})" if result.plan else ""
    if result.email:
        return f"Connected as {result.email}{plan}"
    return f"Connected to Claude Code{plan or f' ({result.method})'}"


_SIGN_IN_STEP_EXAMPLE: dict[str, Any] = {}
_SIGN_IN_EXAMPLE: dict[str, Any] = {
    "state": "waiting",
    "url": "https://claude.ai/oauth/authorize?code=true",
    "words": "Continue in the browser. If it shows a code, paste it here.",
}
_NO_SIGN_IN_EXAMPLE: dict[str, Any] = {
    "state": "failed",
    "url": None,
    "words": "No sign-in was begun.",
}
_ACCOUNTS_EXAMPLE: dict[str, Any] = {
    "sign_ins": [
        {
            "name": "default",
            "active": True,
            "state": "signed_in",
            "email": "ada@example.com",
            "plan": "max",
            "words": "Connected as ada@example.com (Max)",
            "locked": None,
        }
    ]
}
_SIGNED_OUT_EXAMPLE: dict[str, Any] = {
    "sign_ins": [
        {
            "name": "default",
            "active": True,
            "state": "signed_out",
            "email": None,
            "plan": None,
            "words": "Not signed in.",
            "locked": None,
        }
    ]
}
_SIGN_OUT_EXAMPLE: dict[str, Any] = {"sign_in": "default"}

ROUTES = (
    Endpoint(
        "POST",
        "/control/login",
        sign_in,
        "Control",
        "Sign in to Claude Code",
        Answer("The next step, or the result.", SignInStatus, _SIGN_IN_EXAMPLE),
        access="token",
        body=SignInStep,
        example=_SIGN_IN_STEP_EXAMPLE,
        failures=(502,),
    ),
    Endpoint(
        "GET",
        "/control/login",
        get_sign_in_status,
        "Control",
        "Get the state of the sign-in to Claude Code",
        Answer("The current state.", SignInStatus, _NO_SIGN_IN_EXAMPLE),
        access="token",
    ),
    Endpoint(
        "DELETE",
        "/control/login",
        cancel_sign_in,
        "Control",
        "Cancel the sign-in to Claude Code",
        Answer("The state.", SignInStatus, _NO_SIGN_IN_EXAMPLE),
        access="token",
    ),
    Endpoint(
        "GET",
        "/control/sign-ins",
        list_sign_ins,
        "Control",
        "List the sign-ins of Claude Code with their accounts",
        Answer("As Claude Code reports them.", SignInAccounts, _ACCOUNTS_EXAMPLE),
        access="token",
    ),
    Endpoint(
        "POST",
        "/control/logout",
        sign_out_of_claude,
        "Control",
        "Sign out of Claude Code",
        Answer("The sign-ins.", SignInAccounts, _SIGNED_OUT_EXAMPLE),
        access="token",
        body=SignOutOfClaude,
        example=_SIGN_OUT_EXAMPLE,
        failures=(400, 502),
    ),
)
