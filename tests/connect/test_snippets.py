"""The snippets are valid input of the clients they are for."""

from __future__ import annotations

import json
import tomllib

import pytest

from bridge.connect.snippets import list_connections
from bridge.wire.connect import Connection

BASE = "http://127.0.0.1:8123/v1"
ALL = {entry.client: entry for entry in list_connections(BASE, "default", None)}


@pytest.mark.parametrize("connection", ALL.values(), ids=lambda entry: entry.client)
def test_each_has_the_bridges_address_and_says_where_to_paste_it(connection: Connection) -> None:
    assert BASE.removesuffix("/v1") in connection.snippet or "computer use" in connection.client
    assert connection.steps.endswith(".")
    assert "{" not in connection.steps + (connection.note or "")


def test_the_old_name_of_note_has_the_same_text() -> None:
    assert all(entry.mind == entry.note for entry in ALL.values())
    assert ALL["Cline in VS Code"].note


def test_the_python_snippet_compiles() -> None:
    compile(ALL["openai-python"].snippet, "snippet", "exec")


def test_the_zed_snippet_is_json() -> None:
    zed = json.loads(ALL["Zed"].snippet)["language_models"]["openai_compatible"]
    assert zed["Claude Bridge"]["api_url"] == BASE


def test_the_codex_snippet_is_toml() -> None:
    codex = tomllib.loads(ALL["Codex CLI"].snippet)
    provider = codex["model_providers"][codex["model_provider"]]
    assert (provider["base_url"], provider["wire_api"]) == (BASE, "responses")
