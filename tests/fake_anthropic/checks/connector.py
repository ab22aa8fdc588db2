"""The MCP connector: servers in the request, and a toolset for each of them.

https://platform.claude.com/docs/en/agents-and-tools/mcp-connector
"""

from __future__ import annotations

from typing import Any

from tests.fake_anthropic.rejection import (
    need,
    need_dict,
    need_list,
    need_one_of,
    need_only,
    need_str,
)

BETA = "mcp-client-2026-09-15"
TOOLSET: tuple[None, frozenset[str]] = (
    None,
    frozenset({"type", "mcp_server_name", "cache_control", "configs", "default_config", "tools"}),
)
"""Its name and its fields, as for the other tools of Anthropic's."""
_SERVER = frozenset({"type", "url", "name", "authorization_token"})
_CONFIG = frozenset({"enabled", "defer_loading"})


def check_toolset(tool: dict[str, Any], where: str) -> None:
    """Check the entry in `tools`."""
    need_str(tool.get("mcp_server_name"), f"{where}.mcp_server_name")
    configs = need_dict(tool.get("configs") or {}, f"{where}.configs")
    for name, config in configs.items():
        need_only(need_dict(config, f"{where}.configs.{name}"), _CONFIG, f"{where}.configs.{name}")
    default = need_dict(tool.get("default_config") or {}, f"{where}.default_config")
    need_only(default, _CONFIG, f"{where}.default_config")


def check_servers(body: dict[str, Any]) -> None:
    """Check that each server has exactly one toolset, and each toolset a server."""
    servers = need_list(body.get("mcp_servers") or [], "mcp_servers")
    names = [_check_server(server, f"mcp_servers.{index}") for index, server in enumerate(servers)]
    need(len(set(names)) == len(names), "mcp_servers: MCP server names must be unique")
    tools = body.get("tools") or ()
    used = [tool["mcp_server_name"] for tool in tools if tool.get("type") == "mcp_toolset"]
    for name in used:
        need(name in names, f"tools: MCP server '{name}' not found in mcp_servers")
    for name in names:
        need(used.count(name) == 1, f"mcp_servers: '{name}' must be used by exactly one toolset")


def _check_server(server: Any, where: str) -> str:
    server = need_dict(server, where)
    need_only(server, _SERVER, where)
    need_one_of(server.get("type"), ("url",), f"{where}.type")
    https = need_str(server.get("url"), f"{where}.url").startswith("https://")
    need(https, f"{where}.url: URL must start with https://")
    if server.get("authorization_token") is not None:
        need_str(server["authorization_token"], f"{where}.authorization_token")
    return need_str(server.get("name"), f"{where}.name")
