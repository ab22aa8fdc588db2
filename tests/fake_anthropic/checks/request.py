"""Rejects what the real Messages API rejects, in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.fake_anthropic.checks.binding import blocks_of, foreign_thinking
from tests.fake_anthropic.checks.blocks import Found, check_block
from tests.fake_anthropic.checks.connector import BETA as CONNECTOR_BETA
from tests.fake_anthropic.checks.connector import check_servers
from tests.fake_anthropic.checks.images import check_many, check_tier
from tests.fake_anthropic.checks.parameters import BINDING_BETA, check_parameters
from tests.fake_anthropic.checks.schemas import check_grammar
from tests.fake_anthropic.checks.tools import check_choice, check_tools, has_computer
from tests.fake_anthropic.checks.turns import check_messages
from tests.fake_anthropic.rejection import (
    Refused,
    Rejection,
    need,
    need_dict,
    need_list,
    need_only,
    need_str,
    refuse,
)
from tests.fake_anthropic.rules import Rules, rules
from tests.fake_anthropic.tokens import count_tokens

_COUNTED = frozenset(
    [
        "model",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "cache_control",
        "speed",
    ]
)
_FIELDS = _COUNTED | frozenset(
    [
        "max_tokens",
        "stop_sequences",
        "stream",
        "temperature",
        "top_p",
        "top_k",
        "metadata",
        "container",
        "service_tier",
        "inference_geo",
        "diagnostics",
    ]
)
_THREADS_BETA = "message-threads-2026-08-12"
_MOST_MARKERS = 4
_NO_MARKERS_IN = frozenset({"input", "input_schema", "schema"})


def check(body: Any, headers: Mapping[str, str], *, counting: bool = False) -> Rejection | None:
    """Return the rejection of a body, or None if the real API would accept it.

    Header names are in lower case. `counting` checks a body for count_tokens.
    """
    try:
        _check(_convert_tuples(body), headers, counting)
    except Refused as refused:
        return refused.rejection
    return None


def _convert_tuples(value: Any) -> Any:
    """Convert tuples to lists, as JSON would."""
    if isinstance(value, dict):
        return {key: _convert_tuples(part) for key, part in value.items()}
    return [_convert_tuples(part) for part in value] if isinstance(value, list | tuple) else value


def _check(body: Any, headers: Mapping[str, str], counting: bool) -> None:
    if not isinstance(body, dict):
        raise refuse("Input should be a valid dictionary")
    betas = frozenset(word.strip() for word in headers.get("anthropic-beta", "").split(","))
    connector = CONNECTOR_BETA in betas
    more = frozenset({"mcp_servers"}) if connector else frozenset[str]()
    threads = frozenset({"thread"}) if _THREADS_BETA in betas else frozenset[str]()
    need_only(body, (_COUNTED if counting else _FIELDS | threads) | more, "")
    required = ("model", "messages") if counting else ("model", "max_tokens", "messages")
    for name in required:
        need(name in body, f"{name}: Field required")
    model = _find_model(need_str(body["model"], "model"))
    if headers.get("user-agent", "").startswith("claude-cli/"):
        # Claude Code puts a note of its own behind the user's words, on sonnet-5 too.
        model = replace(model, mid_system=True)
    check_parameters(body, model, headers.get("anthropic-version", ""), betas)
    found = Found(connector=connector)
    _check_system(body.get("system", ""), found)
    check_tools(body, model, betas)
    check_servers(body)
    _check_grammar(body)
    check_choice(body, model)
    check_messages(body["messages"], model, found)
    _check_tools_defined(body)
    _check_images(body, model, found)
    _check_markers(body)
    _check_binding(body, model, betas)
    _check_length(body, model)
    if body.get("thread") is not None:
        # The fake stores no conversations, and says so as the API does of what it cannot store.
        details = {"error_code": "thread_unsupported_request", "unsupported": ["this_model"]}
        raise refuse("thread: this request cannot be stored.", details)


def _check_grammar(body: dict[str, Any]) -> None:
    schemas = [tool["input_schema"] for tool in body.get("tools") or () if tool.get("strict")]
    form = (body.get("output_config") or {}).get("format")
    check_grammar([*schemas, form["schema"]] if form else schemas)


def _check_tools_defined(body: dict[str, Any]) -> None:
    kinds = {block["type"] for message in body["messages"] for block in blocks_of(message)}
    need(
        bool(body.get("tools")) or not kinds & {"tool_use", "tool_result"},
        "Requests which include `tool_use` or `tool_result` blocks must define tools",
    )


def _find_model(name: str) -> Rules:
    need(bool(name), "model: String should have at least 1 character")
    model = rules(name)
    if model is None:
        raise Refused(Rejection(404, "not_found_error", f"model: {name}"))
    return model


def _check_system(system: Any, found: Found) -> None:
    if isinstance(system, str):
        return
    for index, block in enumerate(need_list(system, "system")):
        kind = need_dict(block, f"system.{index}").get("type")
        need(kind == "text", f"system.{index}.type: Input should be 'text'")
        check_block(block, f"system.{index}", "system", found)


def _check_images(body: dict[str, Any], model: Rules, found: Found) -> None:
    """Large images are scaled down, unless they ask not to be or a computer is looked at."""
    for where, size in found.sizes if has_computer(body) else found.exact:
        check_tier(where, size, model.images)
    check_many(found.sizes, found.images)


def _check_markers(body: dict[str, Any]) -> None:
    markers = _count_markers(body)
    need(
        markers <= _MOST_MARKERS,
        f"A maximum of {_MOST_MARKERS} blocks with cache_control may be provided. Found {markers}.",
    )


def _count_markers(node: Any) -> int:
    if isinstance(node, dict):
        own = 1 if node.get("cache_control") else 0
        parts = (part for key, part in node.items() if key not in _NO_MARKERS_IN)
        return own + sum(_count_markers(part) for part in parts)
    return sum(_count_markers(part) for part in node) if isinstance(node, list) else 0


def _check_binding(body: dict[str, Any], model: Rules, betas: frozenset[str]) -> None:
    if not model.binds_thinking:
        return
    binding = (body.get("thinking") or {}).get("block_binding") or {}
    if BINDING_BETA in betas and binding.get("prefix_mismatch_behavior") == "drop_block":
        return
    foreign = foreign_thinking(body)
    if foreign:
        raise refuse(
            f"{_place(body, foreign[0])}: Invalid `signature` in `thinking` block: the block is "
            "bound to a different conversation. Thinking blocks must be sent back with the same "
            "model, system prompt, tools and earlier messages, unmodified."
        )


def _place(body: dict[str, Any], position: int) -> str:
    places = [
        f"messages.{index}.content.{inner}"
        for index, message in enumerate(body["messages"])
        for inner, _ in enumerate(blocks_of(message))
    ]
    return places[position]


def _check_length(body: dict[str, Any], model: Rules) -> None:
    tokens = count_tokens(body)
    need(
        tokens <= model.context,
        f"prompt is too long: {tokens} tokens > {model.context} maximum",
    )
