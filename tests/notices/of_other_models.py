"""The notices of `/v1/messages` where another model answers than the client named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.notices.facts import Fact, Known, bridge, platform, sdk, user

_BUDGET = platform("thinking budget (`enabled` + `budget_tokens`)")
_OFF = {"type": "disabled"}
_ADAPTIVE = {"type": "adaptive"}


def _know(fact: Fact, model: str, **body: Any) -> Known:
    """`model` is the one that answers."""
    return Known(fact=fact, model=model, body={"max_tokens": 10_000, **body}, path="messages")


OF_OTHER_MODELS: Mapping[str, Known] = {
    "thinking: adaptive is used instead of enabled, for {}": _know(
        _BUDGET,
        "claude-opus-5-5",
        thinking={"type": "enabled", "budget_tokens": 2000},
        output_config={"effort": "low"},
    ),
    "thinking: between_tools is used instead of {}, for {}": _know(
        bridge("the fake's table of models"), "claude-sonnet-5-5", thinking=_OFF
    ),
    "thinking: disabled is used instead of {}, for {}": _know(
        bridge("the fake's table of models"), "claude-opus-5", thinking={"type": "between_tools"}
    ),
    "thinking: {} always thinks; its lowest effort is used": _know(
        platform("impossible on opus-5-5, fable/mythos 5.x"), "claude-opus-5-5", thinking=_OFF
    ),
    "thinking: a budget of {} is used; {} has no adaptive thinking": _know(
        _BUDGET, "claude-haiku-4-5", thinking=_ADAPTIVE
    ),
    "thinking ignored: max_tokens {} is too few for it": _know(
        sdk("budget_tokens: must be ≥1024 and less than max_tokens"),
        "claude-haiku-4-5",
        thinking=_ADAPTIVE,
        max_tokens=1500,
    ),
    "thinking: a budget of {} is used instead of {}": _know(
        sdk("budget_tokens: must be ≥1024 and less than max_tokens"),
        "claude-haiku-4-5",
        thinking={"type": "enabled", "budget_tokens": 120_000},
        max_tokens=128_000,
    ),
    "output_config.effort: high is used instead of {}, for {}": _know(
        bridge("the fake's table of models"), "claude-opus-4-5", output_config={"effort": "max"}
    ),
    "output_config.effort ignored: {} has no effort levels": _know(
        bridge("the fake's table of models"), "claude-haiku-4-5", output_config={"effort": "max"}
    ),
    "{} ignored: {}": _know(
        platform("Only models up to 4.6 and haiku-4-5 can still take them"),
        "claude-opus-5",
        temperature=0.2,
    ),
    "messages: {} accepts no system messages here; they are user messages": _know(
        bridge("the fake's table of models"),
        "claude-haiku-4-5",
        messages=[user(), {"role": "system", "content": "Be brief."}, user()],
    ),
}
