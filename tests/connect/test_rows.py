"""The writers of programs that cannot be run in tests: into a file that the user has already."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.connect.installed import System
from bridge.connect.programs.table import ROWS, find_row
from bridge.connect.service import Address, Connector
from bridge.paths import Paths

BASE = "http://localhost:8000/v1"
MINE: dict[str, tuple[str, str, str, str]] = {
    # The row, its file, what the user has there, and lines of it that must be there as well.
    "vscode": (
        ".config/Code/User/chatLanguageModels.json",
        '[\n\t{ "name": "Mine", "vendor": "ollama" } // local\n]\n',
        '\t{ "name": "Mine", "vendor": "ollama" }, // local\n',
        f'"url": "{BASE}/chat/completions"',
    ),
    "librechat": (
        "project/librechat.yaml",
        "version: 1.2.8 # not newer\nendpoints:\n  custom:\n    - name: groq # mine\n"
        "      apiKey: user_provided\n",
        "version: 1.2.8 # not newer\nendpoints:\n  custom:\n    - name: groq # mine\n",
        f"baseURL: {BASE}",
    ),
    "open-webui": (
        "project/open-webui.env",
        "WEBUI_NAME='Mine' # mine\n",
        "WEBUI_NAME='Mine' # mine\n",
        f"OPENAI_API_BASE_URL={BASE}",
    ),
    "goose": (
        ".config/goose/config.yaml",
        "GOOSE_PROVIDER: openai # mine\nextensions:\n  developer:\n    enabled: true\n",
        "extensions:\n  developer:\n    enabled: true\n",
        "GOOSE_PROVIDER: claude-bridge # mine",
    ),
    "roo": (
        "project/roo-code-settings.json",
        '{"globalSettings": {"mode": "code"}}',
        '"globalSettings": {"mode": "code"}',
        '"currentApiConfigName": "Claude Bridge"',
    ),
    "continue": (
        ".continue/config.yaml",
        "name: Mine\nversion: 2.0.0\nschema: v1\n",
        "name: Mine\nversion: 2.0.0\nschema: v1\n",
        "models:",
    ),
    "cursor-mcp": (
        ".cursor/mcp.json",
        '{"mcpServers": {"mine": {"command": "x"}}}',
        '"mine": {"command": "x"}',
        '"claude-bridge"',
    ),
    "vscode-mcp": (
        ".config/Code/User/mcp.json",
        '{\n  // mine\n  "servers": {},\n  "inputs": []\n}\n',
        '  "inputs": []\n',
        '"type": "stdio"',
    ),
}


@pytest.mark.parametrize("name", MINE)
def test_what_the_user_has_stays_and_comes_back(name: str, tmp_path: Path) -> None:
    path, before, kept, written = MINE[name]
    project = tmp_path / "project"
    project.mkdir()
    system = System(tmp_path, {}, "linux", folder=project)
    connector = Connector(Paths(tmp_path, tmp_path / "data", tmp_path), system)
    row = find_row(name)
    assert row is not None
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(before)
    for key in (None, "cb-secret"):
        connector.write(row, Address(BASE, "default", key))
        assert kept in file.read_text()
        assert written in file.read_text()
    connector.undo(row)
    assert file.read_text() == before
    assert [one for one in tmp_path.rglob("*") if one.is_file() and "data" not in one.parts] == [
        file
    ]


def test_librechat_gets_another_model(tmp_path: Path) -> None:
    system = System(tmp_path, {}, "linux", folder=tmp_path)
    connector = Connector(Paths(tmp_path, tmp_path / "data", tmp_path), system)
    row = find_row("librechat")
    assert row is not None
    connector.write(row, Address(BASE, "default", None))
    assert connector.write(row, Address(BASE, "opus", None)) == [
        f"Changed {tmp_path / 'librechat.yaml'}: endpoints.custom.Claude Bridge.models.default."
    ]
    assert "opus" in (tmp_path / "librechat.yaml").read_text()
    connector.undo(row)
    assert not (tmp_path / "librechat.yaml").exists()


def test_without_the_access_key_codex_is_not_sent_to_a_variable_that_nobody_sets(
    tmp_path: Path,
) -> None:
    connector = Connector(
        Paths(tmp_path, tmp_path / "data", tmp_path), System(tmp_path, {}, "linux")
    )
    row = find_row("codex")
    assert row is not None
    connector.write(row, Address(BASE, "default", "cb-secret"))
    results = connector.write(row, Address(BASE, "default", None))
    file = tmp_path / ".codex" / "config.toml"
    assert "env_key" not in file.read_text()
    assert results == [f"Changed {file}: model_providers.claude-bridge.env_key (no longer)."]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_names_its_source(row: object) -> None:
    row = next(one for one in ROWS if one is row)
    assert row.source.name
    # What was proved was proved with the program; and a program that was run has proved something.
    assert not row.proved or row.source.kind == "program"
    assert row.proved or row.source.kind != "program" or not row.is_program
    assert row.source.version or row.source.kind != "program" or not row.is_program
