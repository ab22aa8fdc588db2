"""Fit a request to `/v1/messages` to the model that answers, where the client named another.

The client chose them for the model that it named: a retired one, an alias, or none (`default`).
What the model that answers would refuse is changed or left out, each with a notice; nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridge.models.rules import ModelRules, Thinking
from bridge.translate.chat.thinking import (
    LOWEST_BUDGET,
    choose_thinking,
    compute_budget,
    convert_budget,
    find_effort,
    note_budget,
)
from bridge.translate.chat.tools import instruct_to_call
from bridge.translate.chat.turns import as_note, end_with_user
from bridge.translate.notices import Notices
from bridge.translate.thinking_replay import has_loop_without_thinking
from bridge.wire.messages import Block, Message, MessagesRequest

_ACCEPTED: Mapping[Thinking, tuple[str, ...]] = {
    "always": ("adaptive",),
    "between_tools": ("adaptive", "between_tools"),
    "can_disable": ("adaptive", "disabled"),
    "on_request": ("adaptive", "disabled"),
    "budget": ("enabled", "disabled"),
    "none": (),
}
"""The values of `thinking.type` that each kind of model accepts."""

_OFF = ("disabled", "between_tools")
_ABOVE_HIGH = ("xhigh", "max")


def fit_parameters(
    request: MessagesRequest, rules: ModelRules
) -> tuple[MessagesRequest, tuple[str, ...]]:
    """Return the request as the model with these rules accepts it, and the notices.

    `max_tokens` is 0 in a request that counts tokens.
    """
    notices = Notices()
    # The echo ignores what it does not know.
    if rules.thinking == "none":
        return request, ()
    if request.max_tokens > rules.max_output:
        most = rules.max_output
        notices.add(f"max_tokens: {request.max_tokens} is over {rules.id}'s limit; {most} is used")
        request = replace(request, max_tokens=most)
    request = _fit_thinking(request, rules, notices)
    request = _fit_effort(request, rules, notices)
    request = _fit_sampling(request, rules, notices)
    request = _fit_tool_choice(request, rules, notices)
    request = _fit_turns(request, rules, notices)
    if request.more.get("speed") == "fast" and not rules.fast:
        notices.add(f"speed ignored: {rules.id} has no fast mode")
        request = _without(request, "speed")
    return request, notices.lines()


def replace_effort(
    request: MessagesRequest, effort: str, rules: ModelRules
) -> tuple[MessagesRequest, tuple[str, ...]]:
    """Replace thinking and effort by what OpenAI's `reasoning_effort` means for the model."""
    notices = Notices()
    # A count has no limit of tokens.
    limit = request.max_tokens or rules.max_output
    plan = choose_thinking(effort, rules, limit, _find_blocker(request, rules), notices)
    thinking = dict(plan.config) if plan.config is not None else None
    if thinking is not None and "display" in thinking:
        # Whether the client gets to see the thinking stays its own choice.
        del thinking["display"]
        sent = request.thinking or {}
        thinking |= {"display": sent["display"]} if "display" in sent else {}
    request = _set_effort(replace(request, thinking=thinking), plan.effort)
    # The parameter of OpenAI's is not one of this API.
    return request, tuple(line.replace("reasoning_", "", 1) for line in notices.lines())


def _find_blocker(request: MessagesRequest, rules: ModelRules) -> str | None:
    """Return why a model that can answer without thinking must do so, or None."""
    if (request.tool_choice or {}).get("type") in ("any", "tool"):
        return "it is forced to call a tool"
    if rules.prefill and request.messages[-1]["role"] == "assistant":
        return "it continues its own message"
    is_whole = all(turn["content"] for turn in request.messages)
    if rules.thinking == "budget" and is_whole and has_loop_without_thinking(request):
        return "the earlier thinking of its tool loop is missing"
    return None


def _without(request: MessagesRequest, *names: str) -> MessagesRequest:
    more = {name: value for name, value in request.more.items() if name not in names}
    return replace(request, more=more)


def _get_effort(request: MessagesRequest) -> Any:
    return (request.output_config or {}).get("effort")


def _set_effort(request: MessagesRequest, effort: str | None) -> MessagesRequest:
    config = {**(request.output_config or {}), "effort": effort}
    return replace(
        request,
        output_config={name: value for name, value in config.items() if value is not None} or None,
    )


def _fit_thinking(request: MessagesRequest, rules: ModelRules, notices: Notices) -> MessagesRequest:
    thinking = request.thinking or {}
    kind = thinking.get("type")
    if kind in _ACCEPTED[rules.thinking]:
        return _fit_budget(request, rules, notices) if kind == "enabled" else request
    if kind in _OFF:
        return _turn_off(request, rules, notices)
    if kind == "enabled":
        return _replace_budget(request, rules, notices)
    if kind == "adaptive":
        return _set_budget(request, rules, notices)
    return request


def _replace_budget(
    request: MessagesRequest, rules: ModelRules, notices: Notices
) -> MessagesRequest:
    """Replace a budget by adaptive thinking with an effort."""
    kept = dict(request.thinking or {})
    budget = kept.pop("budget_tokens", None)
    request = replace(request, thinking={**kept, "type": "adaptive"})
    if _get_effort(request) is not None or not rules.efforts or not isinstance(budget, int):
        notices.add(f"thinking: adaptive is used instead of enabled, for {rules.id}")
        return request
    effort = find_effort(convert_budget(budget), rules)
    note_budget(effort, rules, notices)
    return _set_effort(request, effort)


def _turn_off(request: MessagesRequest, rules: ModelRules, notices: Notices) -> MessagesRequest:
    if rules.thinking == "always":
        notices.add(f"thinking: {rules.id} always thinks; its lowest effort is used")
        lowest = rules.efforts[0] if rules.efforts else None
        return _set_effort(replace(request, thinking=None), lowest)
    given = (request.thinking or {}).get("type")
    kind = "between_tools" if rules.thinking == "between_tools" else "disabled"
    notices.add(f"thinking: {kind} is used instead of {given}, for {rules.id}")
    return replace(request, thinking={"type": kind})


def _set_budget(request: MessagesRequest, rules: ModelRules, notices: Notices) -> MessagesRequest:
    """Replace adaptive thinking, for a model that thinks with a budget."""
    # A count has no limit of tokens.
    limit = request.max_tokens or rules.max_output
    budget = compute_budget(str(_get_effort(request) or rules.default_effort), limit)
    if budget < LOWEST_BUDGET:
        notices.add(f"thinking ignored: max_tokens {request.max_tokens} is too few for it")
        return replace(request, thinking=None)
    notices.add(f"thinking: a budget of {budget} is used; {rules.id} has no adaptive thinking")
    kept = dict(request.thinking or {})
    return replace(request, thinking={**kept, "type": "enabled", "budget_tokens": budget})


def _fit_budget(request: MessagesRequest, rules: ModelRules, notices: Notices) -> MessagesRequest:
    """Lower a budget that a lower limit of output has left no room for."""
    thinking = dict(request.thinking or {})
    budget, most = thinking.get("budget_tokens"), request.max_tokens
    if most == 0 or not isinstance(budget, int) or budget < most or most < rules.max_output:
        return request
    notices.add(f"thinking: a budget of {most // 2} is used instead of {budget}")
    return replace(request, thinking={**thinking, "budget_tokens": most // 2})


def _fit_effort(request: MessagesRequest, rules: ModelRules, notices: Notices) -> MessagesRequest:
    effort = _get_effort(request)
    if not isinstance(effort, str):
        return request
    if not rules.efforts:
        notices.add(f"output_config.effort ignored: {rules.id} has no effort levels")
        return _set_effort(request, None)
    fitted = find_effort(effort, rules)
    can_be_off = rules.thinking in ("between_tools", "can_disable")
    if can_be_off and (request.thinking or {}).get("type") in _OFF and fitted in _ABOVE_HIGH:
        fitted = "high"
    if fitted == effort:
        return request
    notices.add(f"output_config.effort: {fitted} is used instead of {effort}, for {rules.id}")
    return _set_effort(request, fitted)


def _fit_sampling(request: MessagesRequest, rules: ModelRules, notices: Notices) -> MessagesRequest:
    body = {**request.more, "temperature": request.temperature, "top_p": request.top_p}
    given = [n for n in ("temperature", "top_p", "top_k") if body.get(n) is not None]
    thinks = (request.thinking or {}).get("type") in ("adaptive", "enabled")
    if not rules.sampling:
        left_out, reason = given, f"{rules.id} does not support sampling parameters"
    elif thinks and body["temperature"] not in (None, 1):
        left_out, reason = ["temperature"], f"{rules.id} does not support it while thinking"
    elif body["temperature"] is not None and body["top_p"] is not None:
        left_out, reason = ["top_p"], "Claude does not accept it together with temperature"
    else:
        return request
    if not left_out:
        return request
    notices.add(f"{', '.join(left_out)} ignored: {reason}")
    return replace(
        _without(request, "top_k") if "top_k" in left_out else request,
        temperature=None if "temperature" in left_out else request.temperature,
        top_p=None if "top_p" in left_out else request.top_p,
    )


def _fit_tool_choice(
    request: MessagesRequest, rules: ModelRules, notices: Notices
) -> MessagesRequest:
    """Instruct a model to call a tool, where it cannot be forced to."""
    choice = dict(request.tool_choice or {})
    if rules.forced_tools or choice.get("type") not in ("any", "tool"):
        return request
    notices.add(f"tool_choice: {rules.id} cannot be forced to call a tool; it is instructed to")
    name = choice.pop("name", None)
    instruction: Block = {"type": "text", "text": instruct_to_call(name)}
    tools = request.tools
    if name is not None:
        tools = tuple(tool for tool in tools or () if tool.get("name") == name) or tools
    return replace(
        request,
        tools=tools,
        tool_choice={**choice, "type": "auto"},
        system=(*(request.system or ()), instruction),
    )


def _is_system_text(turn: Message) -> bool:
    return turn["role"] == "system" and all("text" in block for block in turn["content"])


def _fit_turns(request: MessagesRequest, rules: ModelRules, notices: Notices) -> MessagesRequest:
    """Replace system turns and a prefill, where the model accepts none."""
    turns: list[Message] = list(request.messages)
    if not rules.mid_system and any(turn["role"] == "system" for turn in turns):
        notices.add(f"messages: {rules.id} accepts no system messages here; they are user messages")
        turns = [as_note(turn) if _is_system_text(turn) else turn for turn in turns]
    # Calls at the end lack their results, which is the client's mistake with any model.
    is_prefill = all(block["type"] != "tool_use" for block in turns[-1]["content"])
    if not rules.prefill and is_prefill:
        end_with_user(turns, rules, notices)
    return replace(request, messages=tuple(turns))
