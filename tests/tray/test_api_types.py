"""The tray reads by hand what the wire's models say: the two must not drift apart."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from pydantic import TypeAdapter

from bridge.server.api.connect import CONNECTIONS_EXAMPLE
from bridge.server.api.health import HEALTH_EXAMPLE
from bridge.server.api.usage import USAGE_EXAMPLE
from bridge.wire.computer_status import ComputerStatus
from bridge.wire.connect import Connections
from bridge.wire.health import Health
from bridge.wire.usage import UsageReport
from tray.api_types import (
    Batch,
    Computer,
    Strange,
    Usage,
    read_batches,
    read_connect,
    read_health,
    read_models,
    read_usage,
)


def wire_health(**changes: Any) -> Any:
    """As the server writes it."""
    return asdict(TypeAdapter(Health).validate_python({**HEALTH_EXAMPLE, **changes}))


def test_health_is_read_as_the_server_writes_it() -> None:
    said = wire_health(
        use_for_everything=True,
        paused=True,
        computer={"mode": "allowed", "until": 12.5, "active": True, "waiting": 2},
    )
    health = read_health(said)
    assert (health.url, health.model, health.pid) == (said["url"], said["model"], said["pid"])
    assert (health.setting, health.backend) == (
        said["backend"]["setting"],
        said["backend"]["active"],
    )
    assert (health.use_for_everything, health.paused) == (True, True)
    assert health.computer == Computer("allowed", 12.5, active=True, waiting=2)
    assert health.problem == ""


def test_an_older_server_has_no_switches_for_what_it_has_not() -> None:
    said = wire_health()
    for name in ("computer", "paused", "use_for_everything"):
        said.pop(name)
    health = read_health(said)
    assert (health.computer, health.paused, health.use_for_everything) == (None, False, False)


@pytest.mark.parametrize(
    ("breakers", "problem"),
    [
        (("open", "open"), "The key is refused."),
        (("open", "closed"), ""),
        (("half-open",), ""),
        ((), ""),
    ],
)
def test_a_problem_is_one_only_when_no_way_is_free(breakers: tuple[str, ...], problem: str) -> None:
    roads = [
        {"label": "key", "breaker": state, "free_in": 3, "problem": "The key is refused."}
        for state in breakers
    ]
    assert read_health(wire_health(roads=roads)).problem == problem


@pytest.mark.parametrize("broken", [{}, {"url": 1}, {**wire_health(), "backend": "magic"}])
def test_what_is_no_claude_bridge_is_strange(broken: Any) -> None:
    with pytest.raises(Strange, match="not a claude-bridge's"):
        read_health(broken)


def test_models_are_those_that_can_be_chosen() -> None:
    listed = [
        {"id": "claude-opus-5-5", "display_name": "Claude Opus 5.5", "owned_by": "anthropic"},
        {"id": "claude-3-5-sonnet-20241022", "lifecycle": "retired"},
        {"id": "claude-3-7-sonnet-20250219", "lifecycle": "deprecated", "owned_by": "anthropic"},
        {"id": "bridge-echo", "display_name": "Echo", "owned_by": "claude-openai-bridge"},
        {"id": "default", "alias_of": "claude-opus-5-5", "owned_by": "claude-openai-bridge"},
        {"id": "text-embedding-3-small", "capabilities": {"embeddings": True}},
    ]
    assert [(one.id, one.name, one.line) for one in read_models({"data": listed})] == [
        ("claude-opus-5-5", "Opus 5.5", "Opus"),
        ("claude-3-7-sonnet-20250219", "claude-3-7-sonnet-20250219", "Sonnet"),
        ("bridge-echo", "Echo", ""),
    ]


def test_connections_and_usage_are_read_as_the_server_writes_them() -> None:
    connect = read_connect(asdict(TypeAdapter(Connections).validate_python(CONNECTIONS_EXAMPLE)))
    assert (connect.base_url, connect.key) == ("http://127.0.0.1:8000/v1", "any")
    assert [client.name for client in connect.clients] == ["Cline"]
    report = asdict(TypeAdapter(UsageReport).validate_python(USAGE_EXAMPLE))
    report["today"] = {
        "requests": 2, "input_tokens": 1, "cache_write_tokens": 10, "cache_read_tokens": 100,
        "output_tokens": 7, "cost": 0.5, "unpriced": 1,
    }  # fmt: skip
    assert read_usage(report) == Usage(requests=2, read=111, written=7, cost=0.5, unpriced=1)


def test_what_waits_is_read_as_the_server_writes_it() -> None:
    batch = {
        "id": "b1", "what": ["Click."], "risks": ["sends"], "asked_by": "Cline",
        "expires_at": 9.0, "picture": None,
    }  # fmt: skip
    status = TypeAdapter(ComputerStatus).validate_python(
        {"mode": "ask", "until": None, "active": False, "waiting": [batch]}
    )
    assert read_batches(asdict(status)) == (Batch("b1", ("Click.",), ("sends",), "Cline", 9.0),)
