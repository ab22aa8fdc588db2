"""What each notice says, with the fact that makes it true and a request that provokes it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from PIL import Image

from tests.fake_anthropic.rules import Rules
from tests.fake_anthropic.script import Failure, Play

Body = dict[str, Any]


class Fact(NamedTuple):
    """Where a fact comes from, and the words there."""

    source: str
    words: str


def platform(words: str) -> Fact:
    """The facts about Anthropic's platform that the project was given, in November 2026."""
    return Fact("platform", words)


def sdk(words: str) -> Fact:
    """The types of anthropic 2.14."""
    return Fact("anthropic", words)


def openai(words: str) -> Fact:
    """OpenAI's API reference."""
    return Fact("openai", words)


def bridge(words: str) -> Fact:
    """The bridge's own doing, which its other tests show."""
    return Fact("bridge", words)


NO_FIELD = sdk("MessageCreateParams has no such field")


@dataclass(frozen=True, kw_only=True)
class Known:
    """A notice that the bridge can give."""

    fact: Fact
    body: Body = field(default_factory=dict)
    """What the request has beside a model and a greeting."""
    model: str = "claude-opus-5"
    path: str = "chat/completions"
    headers: Mapping[str, str] = field(default_factory=dict)
    holds: Callable[[Rules], bool] | None = None
    """The models of which the notice is true; the bridge gives it to no other model."""
    upstream: tuple[Play, ...] = ()


def user(content: Any = "Hi", **more: Any) -> Body:
    return {"role": "user", "content": content, **more}


def claude(*ids: str, **more: Any) -> Body:
    called = {"name": "add", "arguments": "{}"}
    calls = [{"id": id, "type": "function", "function": called} for id in ids]
    return {"role": "assistant", "content": None if ids else "Yes?", "tool_calls": calls, **more}


def result(id: str, content: Any = "3") -> Body:
    return {"role": "tool", "tool_call_id": id, "content": content}


def talk(*messages: Body, **more: Any) -> Body:
    return {"messages": list(messages), **more}


def build_function(**more: Any) -> Body:
    function = {"name": "add", "parameters": {"type": "object"}, **more}
    return {"type": "function", "function": function}


def build_image(width: int, height: int, *, noise: bool = False, form: str = "PNG") -> Body:
    written = io.BytesIO()
    image = Image.effect_noise((width, height), 90) if noise else Image.new("L", (width, height))
    image.convert("RGB").save(written, form)
    url = "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()
    return {"type": "image_url", "image_url": {"url": url}}


def build_format(**schema: Any) -> Body:
    named = {"name": "answer", "schema": {"type": "object", **schema}}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def hosted(kind: str) -> Body:
    return {"tools": [{"type": kind}]}


def items(*items: Body, **more: Any) -> Body:
    return {"input": [{"role": "user", "content": "Hi"}, *items], **more}


ADD = build_function()
SIGNED = {"type": "thinking", "thinking": "So.", "signature": "made-up"}
STRICT = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
REFUSED = Failure(400, message="tools.0.custom.input_schema: JSON schema is invalid")

SEARCH = sdk("WebSearchTool20260318Param has no such field")

PARAMETERS: dict[str, tuple[Any, str, Fact]] = {
    "access_programs": ({}, "not supported by Claude", NO_FIELD),
    "audio": ({"voice": "alloy"}, "Claude cannot produce audio", NO_FIELD),
    "background_options": (
        {"completion_window": "2h"},
        "the bridge has no completion windows",
        openai("Options for background execution on HTTP requests."),
    ),
    "best_of": (
        3,
        "all generated answers are returned",
        bridge("`n` answers are asked for, and none of them is chosen"),
    ),
    "context_management": (
        [{"type": "compaction"}],
        "the bridge shortens a conversation only at /v1/responses/compact",
        bridge("no other endpoint makes a summary"),
    ),
    "frequency_penalty": (0.5, "not supported by Claude", NO_FIELD),
    "image": ({}, "Claude cannot create images", NO_FIELD),
    "logit_bias": ({"1": 2}, "not supported by Claude", NO_FIELD),
    "logprobs": (True, "Claude does not report probabilities", NO_FIELD),
    "metadata": (
        {"a": "b"},
        "chats are not stored",
        bridge("only responses are stored, and have metadata"),
    ),
    "modalities": (["text", "audio"], "Claude answers in text", NO_FIELD),
    "moderation": ({"model": "m"}, "Claude has its own safeguards", NO_FIELD),
    "prediction": ({"type": "content", "content": "x"}, "not supported by Claude", NO_FIELD),
    "presence_penalty": (0.5, "not supported by Claude", NO_FIELD),
    "prompt_cache_key": (
        "k",
        "Claude's cache needs no key",
        platform("top-level `cache_control` marks the last cacheable block by itself"),
    ),
    "seed": (1, "not supported by Claude", NO_FIELD),
    "store": (True, "chats are not stored", bridge("only responses are stored")),
    "top_logprobs": (2, "Claude does not report probabilities", NO_FIELD),
}
"""OpenAI's parameters that are ignored: an example, the reason, and its fact."""
