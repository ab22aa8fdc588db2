"""Builds the tables of parameters by translating an example of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from bridge.errors import InvalidRequest
from bridge.models.names import resolve_rules
from bridge.translate.chat.request import Translation, translate_chat
from bridge.translate.completions import build_chats
from bridge.translate.responses.request import as_chat
from bridge.wire.chat import ChatRequest
from bridge.wire.completions import CompletionRequest
from bridge.wire.responses import ResponsesRequest
from tests.docs import samples
from tests.docs.markdown import build_table

_MODELS = ("claude-opus-5-5", "claude-haiku-4-5")
_Read = Callable[[Mapping[str, Any]], tuple[Translation, tuple[str, ...]]]
"""Translates a body; also returns notices of a first conversion to a chat."""


def build_parameters() -> str:
    base = {"messages": [{"role": "user", "content": "Hi"}]}
    return _build_table(samples.PARAMETERS, samples.BY_THE_SERVER, base, _translate_chat)


def build_responses_parameters() -> str:
    given, ours = samples.RESPONSES_PARAMETERS, samples.RESPONSES_BY_THE_SERVER
    return _build_table(given, ours, {"input": "Hi"}, _translate_response)


def build_completions_parameters() -> str:
    given, ours = samples.COMPLETIONS_PARAMETERS, samples.COMPLETIONS_BY_THE_SERVER
    return _build_table(given, ours, {"prompt": "Hi"}, _translate_completion)


def _translate_chat(body: Mapping[str, Any]) -> tuple[Translation, tuple[str, ...]]:
    model = str(body["model"])
    return translate_chat(ChatRequest.model_validate(body), resolve_rules(model), model), ()


def _translate_response(body: Mapping[str, Any]) -> tuple[Translation, tuple[str, ...]]:
    chat = as_chat(ResponsesRequest.model_validate(body), ())
    return _translate_chat(chat.body)[0], chat.notices


def _translate_completion(body: Mapping[str, Any]) -> tuple[Translation, tuple[str, ...]]:
    (chat,) = build_chats(CompletionRequest.model_validate(body))
    return translate_chat(chat, resolve_rules(chat.model), chat.model), ()


def _build_table(
    given: Mapping[str, Any], ours: Mapping[str, str], base: Mapping[str, Any], read: _Read
) -> str:
    rows = []
    for name, value in given.items():
        if name in ours:
            new = old = ours[name]
        else:
            asked = {**base, **_get_needed_tools(name, given)}
            new, old = (
                _describe_change(name, value, {"model": one, **asked}, read) for one in _MODELS
            )
        rows.append(
            (f"`{name}`", f"`{_shorten(value, 38)}`", new, old if old != new else "the same")
        )
    return build_table(("Parameter", "Example", *(f"`{model}`" for model in _MODELS)), rows)


def _get_needed_tools(name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"tools": given["tools"]} if name in samples.NEED_TOOLS else {}


def _describe_change(name: str, value: Any, body: Mapping[str, Any], read: _Read) -> str:
    plain, _ = read(body)
    try:
        told, notices = read({**body, name: value})
    except InvalidRequest as error:
        return f"refused: {error.message}"
    before, after = plain.request.body(), told.request.body()
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    words = [f"`{key}`: `{_shorten(after.get(key), 68)}`" for key in changed]
    if told.blank_stops:
        words.append("detected by the bridge")
    told_before = {*plain.notices}
    new = [one for one in (*notices, *told.notices) if one not in told_before]
    words += [_describe_notice(notice) for notice in new]
    return "; ".join(words) or "no change"


def _describe_notice(notice: str) -> str:
    field, _, reason = notice.partition(": ")
    return f"{'ignored' if field.endswith(' ignored') else 'notice'}: {reason}"


def _shorten(value: Any, most: int) -> str:
    shown = json.dumps(value, separators=(", ", ": "))
    return shown if len(shown) <= most else f"{shown[: most - 2]}…"
