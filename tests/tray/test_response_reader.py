"""The tray reads the server's responses into the server's own types."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from typing import Any

import pytest

from bridge.server.api.connect import CONNECTIONS_EXAMPLE
from bridge.server.api.health import HEALTH_EXAMPLE
from bridge.server.api.usage import USAGE_EXAMPLE
from bridge.wire.computer_status import ComputerHealth, ComputerStatus, WaitingBatch
from bridge.wire.connect import Connections
from bridge.wire.health import Health
from bridge.wire.models import Model, ModelList
from bridge.wire.usage import UsageReport
from tray.models import is_selectable, parse_family, shorten_name
from tray.server.response_reader import UnexpectedResponse, read_response


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (Health, HEALTH_EXAMPLE),
        (Connections, CONNECTIONS_EXAMPLE),
        (UsageReport, USAGE_EXAMPLE),
    ],
)
def test_examples_of_the_api_are_read_unchanged(shape: type[Any], example: dict[str, Any]) -> None:
    read = asdict(read_response(shape, example, "/path"))
    assert read == {**read, **example}


def test_nested_values_are_read() -> None:
    batch = {
        "id": "b1", "what": ["Click."], "risks": ["sends"], "asked_by": "Cline",
        "expires_at": 9, "picture": None,
    }  # fmt: skip
    payload = {"mode": "ask", "until": None, "active": False, "waiting": [batch]}
    assert read_response(ComputerStatus, payload, "/computer") == ComputerStatus(
        mode="ask",
        active=False,
        waiting=[
            WaitingBatch(
                id="b1",
                what=["Click."],
                risks=["sends"],
                asked_by="Cline",
                expires_at=9.0,
                picture=None,
            )
        ],
    )


def test_an_older_server_may_omit_fields_that_have_a_default() -> None:
    payload = {**HEALTH_EXAMPLE}
    for name in ("computer", "paused", "use_for_everything"):
        payload.pop(name)
    health = read_response(Health, payload, "/health")
    assert (health.computer, health.paused, health.use_for_everything) == (
        ComputerHealth(mode="off"),
        False,
        False,
    )


def test_a_newer_server_may_add_fields() -> None:
    payload = {**HEALTH_EXAMPLE, "mood": "good"}
    assert read_response(Health, payload, "/health") == read_response(
        Health, HEALTH_EXAMPLE, "/health"
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"pid": "7"}, "pid is '7', not a int"),
        ({"pid": True}, "pid is True, not a int"),
        ({"backend": "magic"}, "backend is 'magic', not a dict"),
        ({"backend": {"setting": "auto"}}, "backend.active is missing"),
        ({"status": "happy"}, "status is 'happy', not one of"),
        ({"routes": [{}]}, r"routes\[0\].label is missing"),
        ({"versions": {"python": 3}}, "versions.python is 3, not a str"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnexpectedResponse, match=f"^/health is not from a claude-.*: {problem}"):
        read_response(Health, {**HEALTH_EXAMPLE, **changes}, "/health")


@pytest.mark.parametrize("payload", [{}, [], None, "ready", 1])
def test_other_servers_are_rejected(payload: object) -> None:
    with pytest.raises(UnexpectedResponse, match="/health is not from a claude-bridge server"):
        read_response(Health, payload, "/health")


def make_model(id: str, name: str, **changes: Any) -> Model:
    model: Any = {
        "id": id,
        "object": "model",
        "created": 0,
        "owned_by": "anthropic",
        "display_name": name,
        "lifecycle": "active",
        **changes,
    }
    return read_response(ModelList, {"object": "list", "data": [model]}, "/v1/models")["data"][0]


def test_aliases_embeddings_and_retired_models_cannot_be_chosen() -> None:
    opus = make_model("claude-opus-5-5", "Claude Opus 5.5")
    deprecated = make_model("claude-3-7-sonnet-20250219", "", lifecycle="deprecated")
    echo = make_model("bridge-echo", "Claude-like echo", owned_by="claude-openai-bridge")
    assert [
        (is_selectable(model), shorten_name(model), parse_family(model))
        for model in (opus, deprecated, echo)
    ] == [
        (True, "Opus 5.5", "Opus"),
        (True, "claude-3-7-sonnet-20250219", "Sonnet"),
        (True, "Claude-like echo", ""),
    ]
    alias = make_model("default", "Default", alias_of="claude-opus-5-5")
    retired = make_model("claude-3-5-sonnet-20241022", "Claude Sonnet 3.5", lifecycle="retired")
    embedding = make_model("text-embedding-3-small", "", capabilities={"embeddings": True})
    assert not any(is_selectable(model) for model in (alias, retired, embedding))


def test_the_tray_process_loads_no_large_library() -> None:
    """Pydantic and the settings would be the largest part of the tray's memory."""
    code = (
        "import sys, tray.app, tray.icon.status_notifier; "
        "print([n for n in ('pydantic', 'pydantic_core', 'aiohttp', 'anthropic', 'keyring', "
        "'psutil', 'bridge.settings') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "[]\n", result.stderr
