"""`claude-bridge mcp`: this desktop as tools for Claude Code, Cursor, Cline and the like (stdio).

It asks the running bridge, so that the switch, the approvals and the log are the same for all.
https://modelcontextprotocol.io
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from bridge import __version__
from bridge.cli.client import Answer, NotRunning, Refused, local_bridge
from bridge.computer.tool_specs import TOOL_DESCRIPTIONS, build_input_schema
from bridge.settings import Settings

BATCH = "computer_batch"
_LOOKS = ("cursor_position", "screenshot", "wait", "zoom")
_HELD = {
    "left_mouse_down": " It is let go of at the end of the call: use it inside computer_batch.",
    "left_mouse_up": " Only inside computer_batch.",
}
INSTRUCTIONS = (
    "This person's own desktop, on a leash that they hold. Begin with computer_screenshot; "
    "coordinates are pixels of the last one. What is refused was refused by the person: do not "
    "try it in another way."
)


def mcp_command(settings: Settings) -> int:
    """Serves until the client hangs up; returns the exit code."""
    asyncio.run(_serve(settings))
    return 0


def tools() -> list[types.Tool]:
    """One for each action, and one for several in a row."""
    singles = [
        types.Tool(
            name=f"computer_{member}",
            description=words + _HELD.get(member, ""),
            input_schema=build_input_schema(member),
            annotations=types.ToolAnnotations(
                read_only_hint=member in _LOOKS, destructive_hint=member not in _LOOKS
            ),
        )
        for member, words in TOOL_DESCRIPTIONS.items()
    ]
    return [*singles, _batch()]


def _batch() -> types.Tool:
    names = {"type": "string", "enum": list(TOOL_DESCRIPTIONS)}
    action = {
        "type": "object",
        "properties": {"action": names},
        "required": ["action"],
        "additionalProperties": True,
    }
    return types.Tool(
        name=BATCH,
        description="Several actions in order, up to the first that fails: each as "
        '{"action": "left_click", "coordinate": [x, y]}, with the fields of the tool of its name.',
        input_schema={
            "type": "object",
            "properties": {"actions": {"type": "array", "items": action, "minItems": 1}},
            "required": ["actions"],
            "additionalProperties": False,
        },
        annotations=types.ToolAnnotations(read_only_hint=False, destructive_hint=True),
    )


def actions_of(name: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a call asks for. Raises ValueError for a tool that is none."""
    if name == BATCH:
        return [dict(action) for action in arguments.get("actions") or ()]
    member = name.removeprefix("computer_")
    if member not in TOOL_DESCRIPTIONS:
        raise ValueError(f"There is no tool {name}.")
    return [{"action": member, **arguments}]


def result_of(answer: Answer) -> types.CallToolResult:
    """The outcomes of a batch, pictures as pictures."""
    content: list[types.ContentBlock] = []
    failed = False
    for outcome in answer.json()["outcomes"]:
        failed = failed or not outcome["done"]
        if outcome["image"]:
            head, _, data = outcome["image"].partition(",")
            kind = head.removeprefix("data:").partition(";")[0]
            content.append(types.ImageContent(type="image", data=data, mime_type=kind))
        else:
            content.append(types.TextContent(type="text", text=outcome["result"]))
    return types.CallToolResult(content=content, is_error=failed)


async def _serve(settings: Settings) -> None:
    async def list_tools(
        _context: ServerRequestContext[Any], _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=tools())

    async def call_tool(
        context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        try:
            actions = actions_of(params.name, params.arguments or {})
            body = {"actions": actions, "asked_by": f"MCP: {_client_of(context)}"}
            return result_of(await _asked(settings, body))
        except (NotRunning, Refused, ValueError) as error:
            told = types.TextContent(type="text", text=str(error))
            return types.CallToolResult(content=[told], is_error=True)

    server: Server[Any] = Server(
        "claude-bridge-computer",
        version=__version__,
        title="This computer, on a leash",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


async def _asked(settings: Settings, body: Mapping[str, Any]) -> Answer:
    """Beside the loop; a call that is cancelled hangs up, which ends the work."""
    bridge = local_bridge(settings)
    asking = asyncio.ensure_future(asyncio.to_thread(bridge.ask, "POST", "/computer/actions", body))
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        # Nobody waits for it any more; that it was hung up on is no news.
        asking.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise
    finally:
        bridge.close()


def _client_of(context: ServerRequestContext[Any]) -> str:
    params = context.session.client_params
    return params.client_info.name[:80] if params is not None else "a client"
