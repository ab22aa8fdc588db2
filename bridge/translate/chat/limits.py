"""How long and how freely Claude may answer: max_tokens, stop, temperature and top_p."""

from __future__ import annotations

from typing import Any

from bridge.models.rules import ModelRules
from bridge.translate.notices import Notices
from bridge.wire.chat import ChatRequest

MIN_TOKENS_TO_THINK = 2048
"""With fewer tokens than this, thinking could use them all up and leave no answer."""


def choose_max_tokens(chat: ChatRequest, rules: ModelRules, notices: Notices) -> int:
    """The client's limit within the model's; half of the model's where the client has none."""
    wanted = chat.max_completion_tokens or chat.max_tokens
    if wanted is None:
        return rules.max_output // 2
    if wanted > rules.max_output:
        notices.add(f"max_tokens: {wanted} is over {rules.id}'s limit; {rules.max_output} is used")
    elif wanted < MIN_TOKENS_TO_THINK and rules.thinking == "always":
        notices.add(
            f"max_tokens: {MIN_TOKENS_TO_THINK} is used instead of {wanted}; {rules.id} always "
            "thinks, and its thinking counts"
        )
        return MIN_TOKENS_TO_THINK
    return min(wanted, rules.max_output)


def split_stop_sequences(
    chat: ChatRequest, notices: Notices
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Those that Claude watches for, and the blank ones, which the bridge watches for."""
    given = [chat.stop] if isinstance(chat.stop, str) else chat.stop or []
    blank = tuple(stop for stop in given if stop and not stop.strip())
    if blank:
        notices.add(
            "stop: Claude takes no blank stop sequences; the bridge watches for them, and an "
            "answer they end counts only the tokens reported until then"
        )
    return tuple(stop for stop in given if stop.strip()) or None, blank


def choose_sampling(
    chat: ChatRequest, rules: ModelRules, thinks: bool, notices: Notices
) -> dict[str, Any]:
    """temperature or top_p, never both, only where the model still takes them."""
    given = {"temperature": chat.temperature, "top_p": chat.top_p}
    wanted = {name: value for name, value in given.items() if value is not None}
    if wanted and not rules.sampling:
        notices.add(f"{', '.join(wanted)}: set aside; {rules.id} takes no sampling parameters")
        return {}
    if wanted and thinks:
        notices.add(f"{', '.join(wanted)}: set aside; {rules.id} takes none while it thinks")
        return {}
    if len(wanted) == 2:
        notices.add("top_p: set aside; Claude takes it only without temperature")
        del wanted["top_p"]
    if wanted.get("temperature", 0) > 1:
        notices.add("temperature: 1 is used; Claude's scale ends there")
        wanted["temperature"] = 1.0
    return wanted
