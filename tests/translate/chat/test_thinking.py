"""Thinking and effort by the rules of each model."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.models.names import resolve_rules
from bridge.translate.chat.thinking import choose_thinking
from bridge.translate.notices import Notices

ADAPTIVE = {"type": "adaptive", "display": "summarized"}


def choose(model: str, wanted: str | None, **more: Any) -> tuple[Any, Any, int]:
    notices = Notices()
    result = choose_thinking(
        wanted, resolve_rules(model), more.get("max_tokens", 32_000), more.get("blocked"), notices
    )
    return result.config, result.effort, len(notices.lines())


@pytest.mark.parametrize(
    ("model", "wanted", "config", "effort", "notices"),
    [
        ("claude-opus-5-5", None, ADAPTIVE, None, 0),
        ("claude-opus-5-5", "none", ADAPTIVE, "low", 1),
        ("claude-opus-5-5", "max", ADAPTIVE, "max", 0),
        ("claude-sonnet-5-5", None, ADAPTIVE, None, 0),
        ("claude-sonnet-5-5", "none", {"type": "between_tools"}, None, 0),
        ("claude-haiku-5-5", "none", {"type": "disabled"}, None, 0),
        ("claude-haiku-5-5", "minimal", ADAPTIVE, "low", 1),
        ("claude-opus-4-6", None, None, None, 0),
        ("claude-opus-4-6", "none", None, None, 0),
        ("claude-opus-4-6", "xhigh", ADAPTIVE, "high", 1),
        ("claude-haiku-4-5", None, None, None, 0),
        ("bridge-echo", "high", None, None, 1),
    ],
)
def test_effort_by_model(
    model: str, wanted: str | None, config: Any, effort: Any, notices: int
) -> None:
    assert choose(model, wanted) == (config, effort, notices)


def build_budget(tokens: int) -> dict[str, Any]:
    return {"type": "enabled", "budget_tokens": tokens, "display": "summarized"}


@pytest.mark.parametrize(
    ("wanted", "max_tokens", "config"),
    [
        ("minimal", 32_000, build_budget(1024)),
        ("medium", 32_000, build_budget(8192)),
        ("high", 20_000, build_budget(10_000)),
        ("xhigh", 64_000, build_budget(32_000)),
        ("low", 2048, build_budget(1024)),
        ("low", 2047, None),
    ],
)
def test_the_budget_of_older_models_leaves_half_for_the_answer(
    wanted: str, max_tokens: int, config: Any
) -> None:
    assert choose("claude-haiku-4-5", wanted, max_tokens=max_tokens)[0] == config


def test_an_older_model_forced_to_call_a_tool_does_not_think() -> None:
    assert choose("claude-haiku-4-5", "high", blocked="it is forced") == (None, None, 1)
    assert choose("claude-opus-4-5", "high", blocked="it is forced") == (None, "high", 1)


@pytest.mark.parametrize(
    ("model", "config", "notices"),
    [
        ("claude-sonnet-5-5", {"type": "between_tools"}, 1),
        ("claude-haiku-5-5", {"type": "disabled"}, 1),
        ("claude-opus-5-5", ADAPTIVE, 0),
    ],
)
def test_a_low_token_limit_turns_thinking_off(model: str, config: Any, notices: int) -> None:
    assert choose(model, None, max_tokens=20) == (config, None, notices)
