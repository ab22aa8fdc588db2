"""`claude-bridge models` prints a line for each model, or the server's list."""

from __future__ import annotations

import json

import pytest

from bridge.cli.main import main
from bridge.cli.models import _describe_model
from tests.cli.started_server import StartedServer


def test_each_model_has_a_line(server: StartedServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    lines = [line.split("  ", 1) for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines][:2] == ["default", "bridge-echo"]
    assert lines[0][1].strip() == "stands for bridge-echo"


def test_programs_get_the_servers_list(
    server: StartedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--json"]) == 0
    models = json.loads(capsys.readouterr().out)
    assert models["object"] == "list"
    assert "bridge-echo" in {model["id"] for model in models["data"]}


def test_limits_and_retirement_are_told() -> None:
    limits = {"max_input_tokens": 200_000, "max_output_tokens": 64_000, "retires": "2027-01-01"}
    text = "context 200,000 tokens, answer at most 64,000, retires on 2027-01-01"
    assert _describe_model(limits) == text


def test_the_echo_is_explained() -> None:
    assert _describe_model({"id": "bridge-echo"}).endswith("; not Claude")


def test_without_a_server_the_code_is_3() -> None:
    assert main(["models"]) == 3
