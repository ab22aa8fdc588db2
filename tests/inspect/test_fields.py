"""What became of a field is found by leaving it out; nothing here knows the parameters' names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bridge.inspect.fields import Untranslatable, explain_fields

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello."}]


def translate(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[str]]:
    """Translate as the bridge does, in small."""
    if "messages" not in body:
        raise Untranslatable("messages is missing")
    system = [m["content"] for m in body["messages"] if m["role"] == "system"]
    notices = []
    if "seed" in body:
        notices.append("seed ignored: not supported by Claude")
    if body.get("verbosity") == "low":
        system.append("Keep your answers short.")
    upstream: dict[str, Any] = {
        "model": body.get("model", "default"),
        "max_tokens": body.get("max_completion_tokens", 32000),
        "messages": [m for m in body["messages"] if m["role"] != "system"],
        "system": system,
        "cache_control": {"type": "ephemeral"},
    }
    if "temperature" in body:
        upstream["temperature"] = min(body["temperature"], 1)
        if body["temperature"] > 1:
            notices.append("temperature: 1 is used instead")
    if "stop" in body:
        upstream["stop_sequences"] = body["stop"]
    if "reasoning_effort" in body:
        upstream["output_config"] = {"effort": body["reasoning_effort"]}
        upstream["thinking"] = {"type": "adaptive"}
    return upstream, notices


@pytest.mark.parametrize(
    ("name", "value", "fate", "targets"),
    [
        ("temperature", 0.5, "kept", [("temperature", 0.5)]),
        ("temperature", 2, "changed", [("temperature", 1)]),
        ("stop", ["END"], "renamed", [("stop_sequences", ["END"])]),
        ("max_completion_tokens", 100, "renamed", [("max_tokens", 100)]),
        (
            "reasoning_effort",
            "high",
            "moved",
            [("output_config", {"effort": "high"}), ("thinking", {"type": "adaptive"})],
        ),
        ("verbosity", "low", "emulated", [("system.1", "Keep your answers short.")]),
        ("seed", 7, "set_aside", []),
        ("stream", True, "used_here", []),
    ],
)
def test_each_fate(name: str, value: Any, fate: str, targets: list[tuple[str, Any]]) -> None:
    fields = explain_fields({"model": "a", "messages": MESSAGES, name: value}, translate)
    (field,) = [field for field in fields if field.name == name]
    assert field.fate == fate
    assert [(target.path, target.value) for target in field.targets] == targets


def test_a_notice_is_with_the_field_that_it_is_about() -> None:
    body = {"model": "a", "messages": MESSAGES, "seed": 7, "temperature": 2}
    notices = {field.name: field.notices for field in explain_fields(body, translate)}
    assert notices["seed"] == ("seed ignored: not supported by Claude",)
    assert notices["temperature"] == ("temperature: 1 is used instead",)
    assert notices["model"] == notices["messages"] == ()


def test_the_conversation_and_what_the_bridge_added() -> None:
    fields = {field.name: field for field in explain_fields({"messages": MESSAGES}, translate)}
    assert fields["messages"].fate == "moved"
    assert [target.path for target in fields["messages"].targets] == ["messages", "system"]
    added = [name for name, field in fields.items() if field.fate == "added"]
    assert added == ["model", "max_tokens", "cache_control"]


def test_a_body_that_cannot_be_translated() -> None:
    with pytest.raises(Untranslatable):
        explain_fields({"model": "a"}, translate)
