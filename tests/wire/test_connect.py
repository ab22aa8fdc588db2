"""What is pasted into a client is at least what that client can read."""

from __future__ import annotations

import json
import tomllib

import pytest

from bridge.wire.connect import Connection, connections

BASE = "http://127.0.0.1:8123/v1"
ALL = {one.client: one for one in connections(BASE, "default")}


@pytest.mark.parametrize("connection", ALL.values(), ids=lambda one: one.client)
def test_each_names_this_bridge_and_says_where_it_goes(connection: Connection) -> None:
    assert BASE.removesuffix("/v1") in connection.snippet
    assert connection.steps.endswith(".")
    assert "{" not in connection.steps + (connection.mind or "")


def test_the_python_snippet_compiles() -> None:
    compile(ALL["openai-python"].snippet, "snippet", "exec")


def test_zeds_is_json() -> None:
    zed = json.loads(ALL["Zed"].snippet)["language_models"]["openai_compatible"]
    assert zed["Claude Bridge"]["api_url"] == BASE


def test_codexs_is_toml() -> None:
    codex = tomllib.loads(ALL["Codex CLI"].snippet)
    provider = codex["model_providers"][codex["model_provider"]]
    assert (provider["base_url"], provider["wire_api"]) == (BASE, "responses")
