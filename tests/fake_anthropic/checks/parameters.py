"""Checks of all parameters except messages and tools."""

from __future__ import annotations

from typing import Any

from tests.fake_anthropic.checks.blocks import check_marker
from tests.fake_anthropic.checks.schemas import check_strict_schema
from tests.fake_anthropic.rejection import (
    need,
    need_dict,
    need_list,
    need_one_of,
    need_only,
    need_str,
    refuse,
)
from tests.fake_anthropic.rules import OLD_VERSION, Rules

Body = dict[str, Any]
BINDING_BETA = "thinking-binding-controls-2026-08-01"
_MOST_STOPS = 8192
_LONGEST_USER = 256
_FAST = ("claude-opus-5-5", "claude-fable-5-2")
_THINKING = {
    "adaptive": frozenset({"type", "display", "block_binding"}),
    "enabled": frozenset({"type", "display", "block_binding", "budget_tokens"}),
    "disabled": frozenset({"type"}),
    "between_tools": frozenset({"type"}),
}


def check_parameters(body: Body, model: Rules, version: str, betas: frozenset[str]) -> None:
    """Check all of them; `max_tokens` only if present (token counting has none)."""
    if "max_tokens" in body:
        _check_max_tokens(body, model)
    _check_stops(body.get("stop_sequences", []))
    _check_metadata(body.get("metadata") or {})
    _check_small(body, model)
    _check_sampling(body, model, version)
    if body.get("thinking") is not None:
        _check_thinking(body, model, betas)
    if body.get("output_config") is not None:
        _check_output(body["output_config"], body, model)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_max_tokens(body: Body, model: Rules) -> None:
    limit = body["max_tokens"]
    need(_is_int(limit), "max_tokens: Input should be a valid integer")
    # 0 is right: it fills the prompt cache without an answer.
    need(limit >= 0, "max_tokens: Input should be greater than or equal to 0")
    need(
        limit <= model.max_tokens,
        f"max_tokens: {limit} > {model.max_tokens}, which is the maximum allowed number of output "
        f"tokens for {body['model']}",
    )


def _check_stops(stops: Any) -> None:
    need_list(stops, "stop_sequences")
    need(
        len(stops) <= _MOST_STOPS,
        f"stop_sequences: List should have at most {_MOST_STOPS} items, not {len(stops)}",
    )
    for index, stop in enumerate(stops):
        text = need_str(stop, f"stop_sequences.{index}")
        need(
            bool(text.strip()),
            f"stop_sequences.{index}: each stop sequence must contain non-whitespace",
        )


def _check_metadata(metadata: Any) -> None:
    metadata = need_dict(metadata, "metadata")
    need_only(metadata, frozenset({"user_id"}), "metadata")
    if metadata.get("user_id") is None:
        return
    user = need_str(metadata["user_id"], "metadata.user_id")
    need(
        len(user) <= _LONGEST_USER,
        f"metadata.user_id: String should have at most {_LONGEST_USER} characters",
    )
    need("@" not in user, "metadata.user_id: user_id appears to contain an email address")


def _check_small(body: Body, model: Rules) -> None:
    need(isinstance(body.get("stream", False), bool), "stream: Input should be a valid boolean")
    if "service_tier" in body:
        need_one_of(body["service_tier"], ("auto", "standard_only"), "service_tier")
    if body.get("inference_geo") is not None:
        need_str(body["inference_geo"], "inference_geo")
    if body.get("cache_control") is not None:
        check_marker(body["cache_control"], "cache_control")
    if body.get("speed") is not None:
        speed = need_one_of(body["speed"], ("standard", "fast"), "speed")
        need(speed != "fast" or model.id in _FAST, "speed: `fast` is not supported on this model.")


def _check_sampling(body: Body, model: Rules, version: str) -> None:
    given = [name for name in ("temperature", "top_p", "top_k") if name in body]
    if not given:
        return
    need(version == OLD_VERSION, f"{given[0]}: Extra inputs are not permitted")
    need(model.sampling, f"`{given[0]}` is not supported on this model.")
    need(
        not {"temperature", "top_p"} <= set(given),
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    )
    for name in ("temperature", "top_p"):
        _check_range(name, body.get(name, 0))
    top_k = body.get("top_k", 1)
    need(_is_int(top_k) and top_k >= 0, "top_k: Input should be a valid integer")
    thinks = (body.get("thinking") or {}).get("type") in ("enabled", "adaptive")
    need(
        not thinks or body.get("temperature", 1) == 1,
        "`temperature` may only be set to 1 when thinking is enabled.",
    )


def _check_range(name: str, value: Any) -> None:
    need(_is_int(value) or isinstance(value, float), f"{name}: Input should be a valid number")
    need(0 <= value <= 1, f"{name}: range: 0..1")


def _check_thinking(body: Body, model: Rules, betas: frozenset[str]) -> None:
    thinking = need_dict(body["thinking"], "thinking")
    kind = need_one_of(thinking.get("type"), tuple(_THINKING), "thinking.type")
    known = _THINKING[kind] - (frozenset() if BINDING_BETA in betas else {"block_binding"})
    need_only(thinking, known, f"thinking.{kind}")
    need(
        kind in model.thinking,
        f"thinking.type: {kind} is not supported on this model. Supported: "
        f"{', '.join(sorted(model.thinking))}.",
    )
    if thinking.get("display") is not None:
        need_one_of(thinking["display"], ("summarized", "omitted"), f"thinking.{kind}.display")
    if kind == "enabled":
        _check_budget(thinking.get("budget_tokens"), body.get("max_tokens"))
    _check_binding(thinking.get("block_binding") or {}, f"thinking.{kind}.block_binding")


def _check_budget(budget: Any, max_tokens: Any) -> None:
    where = "thinking.enabled.budget_tokens"
    if budget is None:
        raise refuse(f"{where}: Field required")
    need(_is_int(budget), f"{where}: Input should be a valid integer")
    need(budget >= 1024, f"{where}: Input should be greater than or equal to 1024")
    need(
        max_tokens is None or budget < max_tokens,
        "`max_tokens` must be greater than `thinking.budget_tokens`.",
    )


def _check_binding(binding: Any, where: str) -> None:
    binding = need_dict(binding, where)
    need_only(binding, frozenset({"prefix_mismatch_behavior"}), where)
    if binding.get("prefix_mismatch_behavior") is not None:
        need_one_of(
            binding["prefix_mismatch_behavior"],
            ("error", "drop_block"),
            f"{where}.prefix_mismatch_behavior",
        )


def _check_output(config: Any, body: Body, model: Rules) -> None:
    config = need_dict(config, "output_config")
    need_only(config, frozenset({"effort", "format"}), "output_config")
    if config.get("effort") is not None:
        _check_effort(config["effort"], body.get("thinking") or {}, model)
    if config.get("format") is not None:
        form = need_dict(config["format"], "output_config.format")
        need_one_of(form.get("type"), ("json_schema",), "output_config.format.type")
        need_only(form, frozenset({"type", "schema"}), "output_config.format")
        need("schema" in form, "output_config.format.schema: Field required")
        check_strict_schema(form["schema"], "output_config.format.schema")


def _check_effort(effort: Any, thinking: Body, model: Rules) -> None:
    levels = ("low", "medium", "high", "xhigh", "max")
    need_one_of(effort, levels, "output_config.effort")
    need(bool(model.efforts), "This model does not support the effort parameter.")
    need(
        effort in model.efforts,
        f"This model does not support effort level '{effort}'. Supported levels: "
        f"{', '.join(sorted(model.efforts))}.",
    )
    kind = thinking.get("type")
    capped = model.off_to_high and kind in ("disabled", "between_tools")
    need(
        not capped or effort not in ("xhigh", "max"),
        f"thinking.type: {kind} is not supported at effort '{effort}' on this model; use effort "
        "up to 'high'.",
    )
