"""Applies the user's rules to a request: its model, effort, backend, price and computer use."""

from __future__ import annotations

from dataclasses import replace

from bridge.backends.base import Backend
from bridge.errors import RefusedByRule
from bridge.models.names import ResolvedModel
from bridge.routing.limits import explain_price
from bridge.server.request_record import Caller
from bridge.server.state import Bridge
from bridge.translate.chat.request import add_effort, replace_effort
from bridge.wire.chat import ChatRequest
from bridge.wire.routing.rule import RoutingRule


def resolve_request(bridge: Bridge, caller: Caller, name: str) -> ResolvedModel:
    """Resolve the model of a request that is to be answered, and count it for its rule.

    Raises ModelNotFound, RefusedByRule for a model over the rule's price limit, and
    RoutingRulesUnreadable.
    """
    bridge.routing.check_readable()
    resolved = bridge.resolve(name, caller, is_counted=True)
    check_price(resolved)
    return resolved


def resolve_without_computer(bridge: Bridge, caller: Caller, name: str) -> ResolvedModel:
    """Resolve like `resolve_request`, at an endpoint that has no computer use."""
    resolved = resolve_request(bridge, caller, name)
    rule = resolved.rule
    if rule is None or not rule.computer:
        return resolved
    notice = f"computer_use: not at this endpoint; the rule “{rule.name}” asks for it"
    return replace(resolved, notices=(*resolved.notices, notice))


def check_price(resolved: ResolvedModel) -> None:
    """Raise RefusedByRule for a model that costs more than the rule allows."""
    problem = explain_price(resolved.rule, resolved.model)
    if problem is not None:
        raise RefusedByRule(f"{problem[0].upper()}{problem[1:]}.", param="model")


def uses_computer(resolved: ResolvedModel, *, is_requested: bool) -> bool:
    """Return whether a request uses this computer. Raises RefusedByRule if it must not."""
    rule = resolved.rule
    if rule is None or rule.computer is None:
        return is_requested
    if is_requested and not rule.computer:
        raise RefusedByRule(f"The rule “{rule.name}” does not allow use of this computer.")
    return rule.computer


async def select_backend(
    bridge: Bridge, caller: Caller, model: str, rule: RoutingRule | None
) -> Backend:
    """Return the backend that answers: the caller's sign-in, the rule's, or the active one.

    Raises NotSignedIn, ModelNotFound, InvalidRequest for a sign-in that does not exist, and
    RefusedByRule for one that the rule does not allow.
    """
    sign_in = choose_sign_in(bridge, caller, rule)
    if sign_in:
        return await bridge.selection.select_sign_in(model, sign_in)
    if rule is None or rule.backend is None:
        return await bridge.selection.select_for_model(model)
    reason = f"The rule “{rule.name}” requires the backend {rule.backend}"
    return await bridge.selection.select_required(model, rule.backend, reason)


def choose_sign_in(bridge: Bridge, caller: Caller, rule: RoutingRule | None) -> str:
    """Return the sign-in that the rule or the caller names; empty for the one in use.

    Raises what `select_backend` raises for it.
    """
    if caller.sign_in:
        bridge.check_sign_in(caller.sign_in)
    if rule is None:
        return caller.sign_in
    if caller.sign_in and rule.required_backend == "anthropic":
        raise RefusedByRule(
            f"The rule “{rule.name}” requires the backend anthropic, which has no sign-in "
            f"`{caller.sign_in}`."
        )
    problem = explain_sign_in(bridge, rule)
    if problem is not None:
        raise RefusedByRule(problem)
    if rule.sign_in is not None and caller.sign_in not in ("", rule.sign_in):
        raise RefusedByRule(
            f"The rule “{rule.name}” requires the sign-in `{rule.sign_in}`, and the request asks "
            f"for `{caller.sign_in}`."
        )
    return rule.sign_in or caller.sign_in


def explain_sign_in(bridge: Bridge, rule: RoutingRule) -> str | None:
    """Return why a rule's sign-in cannot answer; None if the settings have it."""
    if rule.sign_in in (None, *bridge.settings.sign_in_names):
        return None
    return (
        f"The rule “{rule.name}” requires the sign-in `{rule.sign_in}`, which is not in the "
        "setting sign_ins."
    )


def apply_effort(chat: ChatRequest, resolved: ResolvedModel) -> ChatRequest:
    """Return the chat with the rule's effort, or with that of the name if it has none itself."""
    if resolved.rule_effort is not None:
        return replace_effort(chat, resolved.rule_effort)
    return add_effort(chat, resolved.effort)
