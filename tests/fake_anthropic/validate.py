"""Rejects what the real Messages API rejects: shape, roles, models, tools; in its own words."""

from __future__ import annotations

from typing import Any

from tests.fake_anthropic.blocks import Refused, check_block, need
from tests.fake_anthropic.rules import Rules, rules
from tests.fake_anthropic.schemas import check_strict_schema, check_tools

_FIELDS = {
    "model",
    "max_tokens",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "stop_sequences",
    "stream",
    "temperature",
    "top_p",
    "top_k",
    "thinking",
    "output_config",
    "metadata",
    "cache_control",
    "container",
    "service_tier",
    "inference_geo",
    "speed",
    "diagnostics",
}


def check(body: Any, headers: dict[str, str]) -> Refused | None:
    """The rejection of this body, or None where the real API would answer."""
    try:
        _check(body, headers)
    except Refused as refused:
        return refused
    return None


def _check(body: Any, headers: dict[str, str]) -> None:
    need(isinstance(body, dict), "Input should be a valid dictionary")
    for name in body:
        need(name in _FIELDS, f"{name}: Extra inputs are not permitted")
    need(isinstance(body.get("model"), str), "model: Field required")
    model = rules(body["model"])
    if model is None:
        raise Refused(404, "not_found_error", f"model: {body['model']}")
    _check_limits(body, model)
    _check_sampling(body, model, headers)
    _check_thinking(body, model)
    _check_system(body.get("system"))
    check_tools(body)
    _check_choice(body, model)
    _check_messages(body, model)
    _check_markers(body)


def _check_limits(body: dict[str, Any], model: Rules) -> None:
    limit = body.get("max_tokens", 0)
    need(isinstance(limit, int) and limit >= 1, "max_tokens: Field required")
    need(
        limit <= model.max_tokens,
        f"max_tokens: {limit} > {model.max_tokens}, which is the maximum allowed number of output "
        f"tokens for {body['model']}",
    )
    for index, stop in enumerate(body.get("stop_sequences") or ()):
        need(
            isinstance(stop, str) and bool(stop.strip()),
            f"stop_sequences.{index}: each stop sequence must contain non-whitespace",
        )
    user = (body.get("metadata") or {}).get("user_id", "")
    need("@" not in user, "metadata.user_id: user_id appears to contain an email address")


def _check_sampling(body: dict[str, Any], model: Rules, headers: dict[str, str]) -> None:
    given = [name for name in ("temperature", "top_p", "top_k") if name in body]
    if not given:
        return
    old = headers.get("anthropic-version") == "2023-06-01"
    need(old and model.sampling, f"{given[0]}: Extra inputs are not permitted")
    need(
        not {"temperature", "top_p"} <= set(given),
        "`temperature` and `top_p` cannot both be specified for this model.",
    )
    need(0 <= body.get("temperature", 0) <= 1, "temperature: range: 0..1")


def _check_thinking(body: dict[str, Any], model: Rules) -> None:
    thinking = body.get("thinking")
    if thinking is not None:
        kind = thinking.get("type")
        need(kind in model.thinking, f"thinking.type: {kind} is not supported on this model.")
        if kind == "enabled":
            budget = thinking.get("budget_tokens", 0)
            need(1024 <= budget < body["max_tokens"], "thinking.budget_tokens: out of range")
    config = body.get("output_config") or {}
    effort = config.get("effort")
    need(effort is None or effort in model.efforts, f"output_config.effort: {effort} not supported")
    if config.get("format") is not None:
        need(config["format"].get("type") == "json_schema", "output_config.format.type: invalid")
        check_strict_schema(config["format"].get("schema"), "output_config.format.schema")


def _check_system(system: Any) -> None:
    if system is None or isinstance(system, str):
        return
    for index, block in enumerate(system):
        need(block.get("type") == "text", f"system.{index}: only text blocks are allowed")
        check_block(block, f"system.{index}", "system")


def _check_choice(body: dict[str, Any], model: Rules) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    need(bool(body.get("tools")), "tool_choice: may only be specified while providing tools")
    kind = choice.get("type")
    need(kind in ("auto", "any", "tool", "none"), "tool_choice.type: invalid")
    if kind in ("any", "tool"):
        need(model.forced_tools, f"tool_choice.type: `{kind}` is not supported on this model.")
    if kind == "tool":
        names = {tool["name"] for tool in body["tools"]}
        need(choice.get("name") in names, f"Tool '{choice.get('name')}' not found in tools")


def _check_messages(body: dict[str, Any], model: Rules) -> None:
    messages: list[dict[str, Any]] = list(body.get("messages") or ())
    need(bool(messages), "messages: at least one message is required")
    need(messages[0].get("role") != "system", "messages.0: a system message cannot be the first")
    for index, message in enumerate(messages):
        _check_message(message, f"messages.{index}")
        if message["role"] == "system":
            _check_mid_system(messages, index, model)
    _check_calls(messages)
    if messages[-1]["role"] == "assistant":
        need(
            model.prefill,
            "This model does not support assistant message prefill. The conversation must end with "
            "a user message.",
        )
        last = _blocks(messages[-1])[-1]
        text = last.get("text", "")
        need(
            text == text.rstrip(),
            "messages: final assistant content cannot end with trailing whitespace",
        )


def _check_message(message: dict[str, Any], where: str) -> None:
    need(set(message) <= {"role", "content"}, f"{where}: Extra inputs are not permitted")
    role = message.get("role")
    need(role in ("user", "assistant", "system"), f"{where}.role: Input should be 'user'")
    content = message.get("content")
    if isinstance(content, str):
        need(bool(content.strip()), f"{where}: text content blocks must be non-empty")
        return
    need(isinstance(content, list | tuple) and bool(content), f"{where}: content is required")
    for index, block in enumerate(content or ()):
        check_block(block, f"{where}.content.{index}", str(role))


def _check_mid_system(messages: list[dict[str, Any]], index: int, model: Rules) -> None:
    need(model.mid_system, f"messages.{index}.role: `system` is not supported on this model.")
    after = messages[index + 1]["role"] if index + 1 < len(messages) else "assistant"
    fits = messages[index - 1]["role"] != "assistant" and after != "user"
    need(fits, f"messages.{index}: a system message must follow a user message")


def _blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _check_calls(messages: list[dict[str, Any]]) -> None:
    """Each call has its result at the head of the next user message, and no result is an orphan."""
    open_calls: list[str] = []
    for index, message in enumerate(_joined(messages)):
        blocks = message["content"]
        results = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        if message["role"] == "user":
            head = [b["type"] == "tool_result" for b in blocks]
            need(head == sorted(head, reverse=True), f"messages.{index}: tool_result blocks first")
            for result in results:
                need(
                    result in open_calls and results.count(result) == 1,
                    f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: "
                    f"{result}",
                )
        missing = set(open_calls) - set(results)
        need(
            not missing,
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately "
            f"after: {', '.join(sorted(missing))}",
        )
        open_calls = [b["id"] for b in blocks if b["type"] == "tool_use"]
        need(len(set(open_calls)) == len(open_calls), "`tool_use` ids must be unique")
    need(not open_calls, "`tool_use` ids were found without `tool_result` blocks at the end")


def _joined(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    joined: list[dict[str, Any]] = []
    for message in messages:
        if joined and joined[-1]["role"] == message["role"]:
            joined[-1]["content"] = [*joined[-1]["content"], *_blocks(message)]
        elif message["role"] != "system":
            joined.append({"role": message["role"], "content": _blocks(message)})
    return joined


def _check_markers(body: dict[str, Any]) -> None:
    def count(node: Any) -> int:
        if isinstance(node, dict):
            own = 1 if node.get("cache_control") else 0
            return own + sum(count(v) for k, v in node.items() if k not in ("input", "schema"))
        return sum(count(part) for part in node) if isinstance(node, list | tuple) else 0

    markers = count(body)
    need(
        markers <= 4, f"A maximum of 4 blocks with cache_control may be provided. Found {markers}."
    )
