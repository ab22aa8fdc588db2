"""Translate max_tokens, stop, temperature and top_p."""

from __future__ import annotations

from typing import Any

from bridge.models.rules import ModelRules
from bridge.translate.notices import Notices
from bridge.wire.chat import ChatRequest

MIN_TOKENS_TO_THINK = 2048
"""With fewer tokens, thinking could use them all and leave none for the answer."""


def choose_max_tokens(chat: ChatRequest, rules: ModelRules, notices: Notices) -> int:
    """Return the client's limit, at most the model's; without one, half of the model's.

    OpenAI's models have no default limit, but Claude's API requires one.
    """
    given = (chat.max_completion_tokens, chat.max_tokens)
    limit = next((tokens for tokens in given if tokens is not None), None)
    if limit is None:
        return rules.max_output // 2
    if limit == 0 and rules.thinking != "always":
        # Claude's API accepts 0, but then it writes no answer at all.
        notices.add("max_tokens: 1 is used instead of 0, so that there is an answer")
        return 1
    if limit > rules.max_output:
        notices.add(f"max_tokens: {limit} is over {rules.id}'s limit; {rules.max_output} is used")
    elif limit < MIN_TOKENS_TO_THINK and rules.thinking == "always":
        notices.add(
            f"max_tokens: {MIN_TOKENS_TO_THINK} is used instead of {limit}; {rules.id} always "
            "thinks, and thinking counts as output"
        )
        return MIN_TOKENS_TO_THINK
    return min(limit, rules.max_output)


def split_stop_sequences(
    chat: ChatRequest, notices: Notices
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return the stop sequences for Claude, and those that the bridge has to detect.

    Claude's API refuses stop sequences that are only whitespace.
    """
    stops = [chat.stop] if isinstance(chat.stop, str) else chat.stop or []
    blank = tuple(stop for stop in stops if stop and not stop.strip())
    if blank:
        notices.add(
            "stop: Claude does not support whitespace stop sequences; the bridge detects them, "
            "and the usage of an answer they end covers only the tokens reported until then"
        )
    return tuple(stop for stop in stops if stop.strip()) or None, blank


def choose_sampling(
    chat: ChatRequest, rules: ModelRules, thinks: bool, notices: Notices
) -> dict[str, Any]:
    """Return temperature or top_p, if the model accepts it; no model accepts both."""
    values = {"temperature": chat.temperature, "top_p": chat.top_p}
    sampling = {name: value for name, value in values.items() if value is not None}
    names = ", ".join(sampling)
    if sampling and not rules.sampling:
        notices.add(f"{names} ignored: {rules.id} does not support sampling parameters")
        return {}
    if sampling and thinks:
        notices.add(f"{names} ignored: {rules.id} does not support sampling while thinking")
        return {}
    if len(sampling) == 2:
        notices.add("top_p ignored: Claude does not accept it together with temperature")
        del sampling["top_p"]
    if sampling.get("temperature", 0) > 1:
        notices.add("temperature: 1 is used, Claude's maximum")
        sampling["temperature"] = 1.0
    return sampling
