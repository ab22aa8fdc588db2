"""`/control/rules`: the user's rules, by which requests get their model, effort and backend."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from aiohttp import web

from bridge.errors import (
    BridgeError,
    ModelNotFound,
    RefusedByRule,
    SettingsError,
    StorageUnavailable,
)
from bridge.server.answers.computer_use import split_suffix
from bridge.server.answers.routing import (
    check_price,
    explain_sign_in,
    select_backend,
    uses_computer,
)
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.request_record import Caller
from bridge.server.state import BRIDGE, Bridge
from bridge.store.ledger import parse_client_name
from bridge.wire.routing.control import (
    NewRules,
    RuleReport,
    RulesReport,
    RuleTest,
    RuleTestResult,
)
from bridge.wire.routing.rule import RoutingRule


async def list_rules(request: web.Request) -> web.Response:
    """Return all rules in the order in which they are tried: the saved ones come first."""
    return _build_response(request.app[BRIDGE])


async def save_rules(request: web.Request) -> web.Response:
    """Replace the saved rules, from the next request on. Raises StorageUnavailable."""
    bridge = request.app[BRIDGE]
    rules = (await read_body(request, NewRules)).rules
    try:
        await asyncio.to_thread(bridge.routing.save, rules)
    except SettingsError as error:
        raise StorageUnavailable(f"The rules are not saved: {error}.") from error
    return _build_response(bridge)


async def try_rules(request: web.Request) -> web.Response:
    """Return what a request would become, without sending it."""
    bridge = request.app[BRIDGE]
    test = await read_body(request, RuleTest)
    # A name is read as a User-Agent is, which it may be as well.
    caller = Caller(parse_client_name(test.client), test.key)
    result = await _try_request(bridge, caller, test.model)
    return web.json_response(result.model_dump())


async def _try_request(bridge: Bridge, caller: Caller, name: str) -> RuleTestResult:
    """Return what a request would become; nothing is sent, and nothing is counted."""
    plain, has_suffix = split_suffix(name)
    result = RuleTestResult(
        rule=None,
        model=None,
        effort=None,
        backend=None,
        sign_in=None,
        computer=False,
        notices=[],
        problem=None,
    )
    entry = bridge.routing.find(caller.client, caller.key, plain)
    if entry is not None:
        result.rule, result.sign_in = entry.rule.name, entry.rule.sign_in
    try:
        bridge.routing.check_readable()
        resolved = bridge.resolve(plain, caller)
        result.model, result.effort = resolved.model, resolved.effort
        result.notices = list(resolved.notices)
        check_price(resolved)
        result.computer = uses_computer(resolved, is_requested=has_suffix)
        result.backend = (await select_backend(bridge, caller, resolved.model, resolved.rule)).name
    except BridgeError as error:
        result.problem = error.message
    return result


def _explain_rule(bridge: Bridge, rule: RoutingRule) -> str | None:
    """Return why a rule refuses every request that it matches; None if it does not."""
    if rule.chosen_model is None:
        return explain_sign_in(bridge, rule)
    try:
        check_price(replace(bridge.resolve_for_rule(rule, rule.chosen_model, ""), rule=rule))
    except (ModelNotFound, RefusedByRule) as error:
        return error.message
    return explain_sign_in(bridge, rule)


def _build_response(bridge: Bridge) -> web.Response:
    reports = [
        RuleReport(
            rule=entry.rule,
            saved=entry.is_saved,
            applied=bridge.routing.get_count(entry),
            problem=_explain_rule(bridge, entry.rule),
        )
        for entry in bridge.routing.listed
    ]
    report = RulesReport(rules=reports, unreadable=bridge.routing.problem)
    return web.json_response(report.model_dump())


_RULES: tuple[dict[str, Any], ...] = (
    {
        "name": "Cursor",
        "client": "cursor*",
        "key": "*",
        "model": "gpt-4o",
        "profile": None,
        "use_model": "opus",
        "effort": None,
        "backend": None,
        "sign_in": None,
        "max_price": None,
        "computer": None,
    },
    {
        "name": "Autocomplete",
        "client": "continue*",
        "key": "*",
        "model": "autocomplete",
        "profile": None,
        "use_model": "haiku",
        "effort": "none",
        "backend": "anthropic",
        "sign_in": None,
        "max_price": 5.0,
        "computer": False,
    },
)
_NEW_RULES_EXAMPLE: dict[str, Any] = {
    "rules": [
        {name: value for name, value in rule.items() if value not in (None, "*")} for rule in _RULES
    ]
}
_RULES_EXAMPLE: dict[str, Any] = {
    "rules": [{"rule": rule, "saved": True, "applied": 0, "problem": None} for rule in _RULES],
    "unreadable": None,
}
_TEST_EXAMPLE: dict[str, Any] = {"client": "cursor", "key": "laptop", "model": "gpt-4o"}
_RESULT_EXAMPLE: dict[str, Any] = {
    "rule": "Cursor",
    "model": "claude-opus-5-5",
    "effort": None,
    "backend": "anthropic",
    "sign_in": None,
    "computer": False,
    "notices": ["model: claude-opus-5-5 is used instead of gpt-4o (rule “Cursor”)"],
    "problem": None,
}

ROUTES = (
    Endpoint(
        "GET",
        "/control/rules",
        list_rules,
        "Control",
        "List the rules for requests",
        Answer("All rules, in order.", RulesReport, _RULES_EXAMPLE),
        access="token",
    ),
    Endpoint(
        "POST",
        "/control/rules",
        save_rules,
        "Control",
        "Replace the saved rules for requests",
        Answer("All rules, after the change.", RulesReport, _RULES_EXAMPLE),
        access="token",
        body=NewRules,
        example=_NEW_RULES_EXAMPLE,
        failures=(503,),
    ),
    Endpoint(
        "POST",
        "/control/rules/test",
        try_rules,
        "Control",
        "Show what a request would become by the rules",
        Answer("The rule that applies, and what it does.", RuleTestResult, _RESULT_EXAMPLE),
        access="token",
        body=RuleTest,
        example=_TEST_EXAMPLE,
    ),
)
