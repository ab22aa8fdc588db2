"""`claude-bridge mcp`: an MCP server (stdio) with this desktop's actions as tools.

It forwards to the running bridge, so that mode, approvals and log are the same for all programs.
https://modelcontextprotocol.io
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from bridge import __version__
from bridge.cli.client import ClientError, Response, open_client
from bridge.computer.tool_specs import TOOL_DESCRIPTIONS, build_input_schema
from bridge.errors import SettingsError

BATCH = "computer_batch"
_READ_ONLY = (
    *("cursor_position", "screenshot", "wait", "zoom"),
    *("find_element", "list_elements", "list_windows", "read_text"),
)
_NOTES = {
    "left_mouse_down": " It is released at the end of the call: use it inside computer_batch.",
    "left_mouse_up": " Useful only inside computer_batch.",
}
INSTRUCTIONS = (
    "Control the user's own desktop, as far as the user allows it. Start with "
    "computer_screenshot; coordinates are pixels of the last screenshot. Where "
    "computer_list_elements knows a window, work by names. If the user denies an action, do not "
    "try another way to do it."
)


def serve(arguments: argparse.Namespace) -> None:
    """Serve until the client closes the connection."""
    asyncio.run(_serve_stdio(arguments))


def build_tools() -> list[types.Tool]:
    """Build one tool for each action, and one for a batch."""
    singles = [
        types.Tool(
            name=f"computer_{member}",
            description=description + _NOTES.get(member, ""),
            input_schema=build_input_schema(member),
            annotations=types.ToolAnnotations(
                read_only_hint=member in _READ_ONLY, destructive_hint=member not in _READ_ONLY
            ),
        )
        for member, description in TOOL_DESCRIPTIONS.items()
    ]
    return [*singles, _build_batch_tool()]


def _build_batch_tool() -> types.Tool:
    names = {"type": "string", "enum": list(TOOL_DESCRIPTIONS)}
    action = {
        "type": "object",
        "properties": {"action": names},
        "required": ["action"],
        "additionalProperties": True,
    }
    return types.Tool(
        name=BATCH,
        description="Carry out several actions in order, up to the first failure. Each is "
        '{"action": "left_click", "coordinate": [x, y]}, with the fields of the tool of that name.',
        input_schema={
            "type": "object",
            "properties": {"actions": {"type": "array", "items": action, "minItems": 1}},
            "required": ["actions"],
            "additionalProperties": False,
        },
        annotations=types.ToolAnnotations(read_only_hint=False, destructive_hint=True),
    )


def parse_call(name: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the actions of a tool call. Raises ValueError for an unknown tool."""
    if name == BATCH:
        return [dict(action) for action in arguments.get("actions") or ()]
    member = name.removeprefix("computer_")
    if member not in TOOL_DESCRIPTIONS:
        raise ValueError(f"Unknown tool {name}.")
    return [{"action": member, **arguments}]


def to_tool_result(answer: Response) -> types.CallToolResult:
    """Convert the outcomes of a batch; pictures become image content."""
    content: list[types.ContentBlock] = []
    failed = False
    for outcome in answer.json()["outcomes"]:
        failed = failed or not outcome["done"]
        if not outcome["image"] or outcome["result"] != "OK":
            content.append(types.TextContent(type="text", text=outcome["result"]))
        if outcome["image"]:
            head, _, data = outcome["image"].partition(",")
            kind = head.removeprefix("data:").partition(";")[0]
            content.append(types.ImageContent(type="image", data=data, mime_type=kind))
    return types.CallToolResult(content=content, is_error=failed)


async def _serve_stdio(arguments: argparse.Namespace) -> None:
    async def list_tools(
        _context: ServerRequestContext[Any], _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=build_tools())

    async def call_tool(
        context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        try:
            actions = parse_call(params.name, params.arguments or {})
            body = {"actions": actions, "asked_by": f"MCP: {_find_client_name(context)}"}
            return to_tool_result(await _send_actions(arguments, body))
        except (ClientError, SettingsError, ValueError) as error:
            message = types.TextContent(type="text", text=str(error))
            return types.CallToolResult(content=[message], is_error=True)

    server: Server[Any] = Server(
        "claude-bridge-computer",
        version=__version__,
        title="Computer use",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


async def _send_actions(arguments: argparse.Namespace, body: Mapping[str, Any]) -> Response:
    """Send actions to the bridge, in a thread.

    A cancelled call closes its connection, which stops the actions.
    """
    # Chosen for each call: the server may have been restarted on another port.
    bridge = await asyncio.to_thread(open_client, arguments)
    sending = asyncio.ensure_future(
        asyncio.to_thread(bridge.send, "POST", "/computer/actions", body)
    )
    try:
        return await asyncio.shield(sending)
    except asyncio.CancelledError:
        # The closed connection is an expected error: retrieve it, or asyncio logs it.
        sending.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise
    finally:
        bridge.close()


def _find_client_name(context: ServerRequestContext[Any]) -> str:
    params = context.session.client_params
    return params.client_info.name[:80] if params is not None else "a client"
