"""Read other words for a chat's parameters: OpenRouter's, Anthropic's and older ones.

Plain dicts, not models: this runs before validation, so a field may have any type. What is not
understood here stays as it is, and validation names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

SPECIAL = frozenset(
    {
        "instructions",
        "reasoning",
        "reasoning_effort",
        "response_format",
        "stop_sequences",
        "system",
        "thinking",
        "tool_choice",
    }
)
"""Parameters with other spellings; a request without them is not copied."""

_EFFORTS: Mapping[str, str | None] = {
    "": None,
    "auto": None,
    "default": None,
    "off": "none",
    "disabled": "none",
    "disable": "none",
    "false": "none",
    "min": "minimal",
    "maximum": "max",
    "highest": "max",
    "extra-high": "xhigh",
    "extra_high": "xhigh",
    "x-high": "xhigh",
    "very_high": "xhigh",
}
"""None: as if the parameter were not there."""

_CHOICES: Mapping[str, str] = {"any": "required", "auto": "auto", "none": "none"}
"""Anthropic's `tool_choice` types that name no tool; `required` is OpenAI's word for `any`."""


def read_spellings(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the body in OpenAI's words; the same object if it has no others."""
    if SPECIAL.isdisjoint(body):
        return body
    chat = dict(body)
    _read_reasoning(chat)
    _read_choice(chat)
    _read_system(chat)
    if "response_format" in chat:
        chat["response_format"] = _read_response_format(chat["response_format"])
    stops = chat.pop("stop_sequences", None)
    if stops is not None and chat.get("stop") is None:
        chat["stop"] = stops
    return chat


def read_response_spellings(body: Any) -> Any:
    """Return the body of a Responses request in OpenAI's words."""
    if not isinstance(body, Mapping) or SPECIAL.isdisjoint(body):
        return body
    request = dict(body)
    if "reasoning_effort" in request:
        given = request.get("reasoning")
        effort = {"effort": request.pop("reasoning_effort")}
        request["reasoning"] = {**effort, **(given if isinstance(given, Mapping) else {})}
    _read_reasoning(request)
    _read_choice(request)
    choice = request.get("tool_choice")
    if isinstance(choice, Mapping) and isinstance(choice.get("function"), Mapping):
        # As of a chat; the Responses API has the name beside the type.
        request["tool_choice"] = {"type": "function", **choice["function"]}
    return request


def read_effort(effort: Any) -> Any:
    """Return OpenAI's word for an effort; None for one that asks for nothing."""
    if effort is False:
        return "none"
    if not isinstance(effort, str):
        return effort
    word = effort.strip().lower()
    return _EFFORTS.get(word, word)


def read_reasoning(reasoning: Any) -> Any:
    """Return `reasoning` with a known effort; `enabled` is an effort, too."""
    if not isinstance(reasoning, Mapping):
        return reasoning
    found: Json = {**reasoning, "effort": read_effort(reasoning.get("effort"))}
    enabled = found.pop("enabled", None)
    if enabled is False:
        found["effort"] = "none"
    elif enabled is True and found["effort"] is None and found.get("max_tokens") is None:
        found["effort"] = "medium"
    return {name: value for name, value in found.items() if value is not None}


def _read_reasoning(chat: Json) -> None:
    if "reasoning_effort" in chat:
        chat["reasoning_effort"] = read_effort(chat["reasoning_effort"])
    _read_thinking(chat)
    if "reasoning" in chat:
        chat["reasoning"] = read_reasoning(chat["reasoning"])


def _read_thinking(chat: Json) -> None:
    """Read Anthropic's `thinking` as `reasoning`; what the client says there counts more."""
    thinking = chat.get("thinking")
    if not isinstance(thinking, Mapping):
        return
    kind, budget = thinking.get("type"), thinking.get("budget_tokens")
    more: Json = {}
    if kind in ("disabled", "between_tools"):
        more = {"effort": "none"}
    elif kind in ("enabled", "adaptive"):
        more = {"max_tokens": budget} if isinstance(budget, int) else {"effort": "high"}
    else:
        return
    del chat["thinking"]
    given = chat.get("reasoning")
    chat["reasoning"] = {**more, **(given if isinstance(given, Mapping) else {})}


def _read_choice(chat: Json) -> None:
    choice = chat.get("tool_choice")
    if not isinstance(choice, Mapping):
        return
    if choice.get("disable_parallel_tool_use") is True:
        chat.setdefault("parallel_tool_calls", False)
    kind = choice.get("type")
    if kind == "tool" and "name" in choice:
        chat["tool_choice"] = {"type": "function", "function": {"name": choice["name"]}}
    elif isinstance(kind, str) and kind in _CHOICES:
        chat["tool_choice"] = _CHOICES[kind]


def _read_system(chat: Json) -> None:
    """Put a system prompt beside the messages in front of them."""
    messages = chat.get("messages")
    if not isinstance(messages, list):
        return
    prompts = [chat.pop(name, None) for name in ("system", "instructions")]
    before = [{"role": "system", "content": prompt} for prompt in prompts if prompt]
    if before:
        chat["messages"] = [*before, *messages]


def _read_response_format(form: Any) -> Any:
    if isinstance(form, str):
        return {"type": form}
    if not isinstance(form, Mapping) or "json_schema" in form:
        return form
    schema = form.get("schema")
    if form.get("type") not in ("json_schema", "json_object") or not isinstance(schema, Mapping):
        return form
    named = {"name": "answer", **{k: v for k, v in form.items() if k != "type"}}
    return {"type": "json_schema", "json_schema": named}
