"""Rows for the bridge's own MCP server, which offers this desktop to a client."""

from __future__ import annotations

from bridge.connect.data import Change
from bridge.connect.programs.row import PROVIDER, Bridge, Place, Row, Source, Target

_OFFER = "Offers this desktop to {client}, with your permission: see Computer use."


def _write_codex_mcp(_bridge: Bridge) -> tuple[Change, ...]:
    return (Change(("mcp_servers", PROVIDER), {"command": PROVIDER, "args": ["mcp"]}),)


def _write_claude_mcp(_bridge: Bridge) -> tuple[Change, ...]:
    server = {"type": "stdio", "command": PROVIDER, "args": ["mcp"], "env": {}}
    return (Change(("mcpServers", PROVIDER), server),)


def _write_mcp(_bridge: Bridge) -> tuple[Change, ...]:
    server = {"command": PROVIDER, "args": ["mcp"]}
    return (Change(("mcpServers", PROVIDER), server),)


def _write_cline_mcp(_bridge: Bridge) -> tuple[Change, ...]:
    transport = {"type": "stdio", "command": PROVIDER, "args": ["mcp"]}
    return (Change(("mcpServers", PROVIDER), {"transport": transport}),)


def _write_vscode_mcp(_bridge: Bridge) -> tuple[Change, ...]:
    server = {"type": "stdio", "command": PROVIDER, "args": ["mcp"]}
    return (Change(("servers", PROVIDER), server),)


MCP = (
    Row(
        name="codex-mcp",
        title="Codex CLI, computer use",
        steps="In ~/.codex/config.toml.",
        is_program=False,
        note="Offers this desktop to Codex, with your permission: see Computer use.",
        targets=(
            Target(
                Place("~/.codex/config.toml", variable="CODEX_HOME"),
                "toml",
                _write_codex_mcp,
                has_key=False,
            ),
        ),
        source=Source("program", "npm @openai/codex", "0.171.0"),
    ),
    Row(
        name="claude-code-mcp",
        title="Claude Code, computer use",
        steps="In ~/.claude.json.",
        is_program=False,
        note="Offers this desktop to Claude Code, with your permission: see Computer use.",
        targets=(Target(Place("~/.claude.json"), "json", _write_claude_mcp, has_key=False),),
        source=Source("program", "claude-agent-sdk 0.2.189", "2.1.332"),
    ),
    Row(
        name="cursor-mcp",
        title="Cursor, computer use",
        steps="In ~/.cursor/mcp.json.",
        is_program=False,
        note=_OFFER.format(client="Cursor"),
        targets=(Target(Place("~/.cursor/mcp.json"), "json", _write_mcp, has_key=False),),
        source=Source("documentation", "https://cursor.com/docs/mcp"),
    ),
    Row(
        name="cline-mcp",
        title="Cline CLI, computer use",
        steps="In ~/.cline/data/settings/cline_mcp_settings.json.",
        is_program=False,
        note=_OFFER.format(client="Cline"),
        targets=(
            Target(
                Place("~/.cline/data/settings/cline_mcp_settings.json"),
                "json",
                _write_cline_mcp,
                has_key=False,
            ),
        ),
        source=Source("program", "npm cline", "3.0.65"),
    ),
    Row(
        name="vscode-mcp",
        title="VS Code, computer use",
        steps="In mcp.json among its user files.",
        is_program=False,
        note=_OFFER.format(client="VS Code"),
        targets=(
            Target(
                Place(
                    "{config}/Code/User/mcp.json",
                    "~/Library/Application Support/Code/User/mcp.json",
                    "{appdata}/Code/User/mcp.json",
                ),
                "json",
                _write_vscode_mcp,
                has_key=False,
            ),
        ),
        source=Source(
            "documentation",
            "https://code.visualstudio.com/docs/copilot/reference/mcp-configuration",
        ),
    ),
    Row(
        name="mcp",
        title="Other MCP clients, computer use",
        steps="Where the client lists its MCP servers.",
        snippet='{{"mcpServers": {{"computer": {{"command": "claude-bridge", "args": ["mcp"]}}}}}}',
        language="json",
        is_program=False,
        note="Offers this desktop to the client, with your permission: see Computer use.",
        source=Source("unchecked", "no copy of them was at hand"),
    ),
)
