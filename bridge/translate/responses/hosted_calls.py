"""Calls of tools that run at Anthropic or on MCP servers: their items and events.

The items are `code_interpreter_call`, `mcp_call` and `mcp_list_tools`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

from bridge.translate.chat.custom_tools import InputExtractor
from bridge.translate.responses.items import Emit, Event
from bridge.translate.stream.content_blocks import parse_input
from bridge.wire.messages import Block
from bridge.wire.response_items.server_calls import CODE_TOOLS, pack_blocks
from bridge.wire.responses import Item

# A call and its result are two content blocks with other blocks between them, if Claude calls
# several tools at once. The stream calls a hosted call's methods in this order:
#
#   start, feed, stop        as for every item: the call itself
#   add_result(block)        its result has come, perhaps in another response
#   complete(emit)           the last events before `response.output_item.done`

_CODE_FIELDS = {"code_execution": "code", "bash_code_execution": "command"}
"""The argument that is the code; a call without one is shown as its arguments."""


class _HostedCall(ABC):
    """What both kinds of calls have in common."""

    def __init__(self, id: str, block: Block, *, is_replayed: bool) -> None:
        """`is_replayed`: the call belongs to an earlier response, and only its result is new."""
        self.id = id
        self.call_id: str = block["id"]
        self._block = block
        self._is_replayed = is_replayed
        self._raw = StringIO()
        self._result: Block | None = None

    def feed(self, delta: dict[str, Any], emit: Emit) -> list[Event]:
        if delta["type"] != "input_json_delta" or not delta["partial_json"]:
            return []
        self._raw.write(delta["partial_json"])
        return self._add_input(delta["partial_json"], emit)

    def add_result(self, block: Block) -> None:
        self._result = block

    @abstractmethod
    def _add_input(self, piece: str, emit: Emit) -> list[Event]:
        """Add a piece of the arguments' JSON; return the events that show it."""

    def _add_whole_input(self, emit: Emit) -> list[Event]:
        """Add the arguments of a call without deltas, which are in its start event."""
        if self._raw.tell():
            return []
        return self._add_input(json.dumps(self._block.get("input") or {}), emit)

    @property
    def _content(self) -> Any:
        return self._result.get("content") if self._result is not None else None

    @property
    def _input(self) -> Mapping[str, Any]:
        raw = self._raw.getvalue()
        return parse_input(raw) if raw else self._block.get("input") or {}

    def _pack(self) -> str:
        """Pack the blocks that a later request gives back to Claude."""
        call = {**self._block, "input": self._input}
        blocks = ([] if self._is_replayed else [call]) + ([self._result] if self._result else [])
        return pack_blocks(blocks)


class CodeCall(_HostedCall):
    """A call of code execution: Python, a shell command, or an edit of a file."""

    def __init__(
        self,
        id: str,
        block: Block,
        get_container: Callable[[], str],
        *,
        is_replayed: bool = False,
    ) -> None:
        """`get_container` returns the container's id; it is empty until Claude's API names it."""
        super().__init__(id, block, is_replayed=is_replayed)
        self._get_container = get_container
        field = _CODE_FIELDS.get(block["name"])
        self._extractor = InputExtractor(field) if field is not None else None
        self._code = StringIO()

    def as_item(self, status: str) -> Item:
        item = {
            "type": "code_interpreter_call",
            "id": self.id,
            "status": self._describe_status(status),
            "code": self._code.getvalue(),
            "container_id": self._get_container(),
            "outputs": None if self._result is None else self._list_outputs(),
        }
        return item if status == "in_progress" else {**item, "encrypted_content": self._pack()}

    def start(self, emit: Emit) -> list[Event]:
        return [emit("response.code_interpreter_call.in_progress")]

    def stop(self, emit: Emit) -> list[Event]:
        """Emit the rest of the code."""
        events = self._add_whole_input(emit)
        if self._extractor is not None:
            events += self._emit_piece(self._extractor.finish(), emit)
        return [
            *events,
            emit("response.code_interpreter_call_code.done", code=self._code.getvalue()),
            emit("response.code_interpreter_call.interpreting"),
        ]

    def complete(self, emit: Emit) -> list[Event]:
        return [] if self._has_failed else [emit("response.code_interpreter_call.completed")]

    @property
    def _has_failed(self) -> bool:
        return str(_read(self._content, "type")).endswith("_error")

    def _describe_status(self, status: str) -> str:
        return "failed" if status == "completed" and self._has_failed else status

    def _add_input(self, piece: str, emit: Emit) -> list[Event]:
        return self._emit_piece(self._extractor.feed(piece) if self._extractor else piece, emit)

    def _emit_piece(self, piece: str, emit: Emit) -> list[Event]:
        if not piece:
            return []
        self._code.write(piece)
        return [emit("response.code_interpreter_call_code.delta", delta=piece)]

    def _list_outputs(self) -> list[Item]:
        texts = [_read(self._content, name) for name in ("stdout", "stderr", "content")]
        logs = [text for text in texts if isinstance(text, str) and text]
        lines = _read(self._content, "lines")
        if isinstance(lines, list):
            logs.append("\n".join(map(str, lines)))
        if self._has_failed:
            logs.append(f"[{_read(self._content, 'error_code')}]")
        logs += [f"[file {id} at Anthropic]" for id in _list_file_ids(self._content)]
        return [{"type": "logs", "logs": text} for text in logs]


class McpCall(_HostedCall):
    """A call of a tool on an MCP server."""

    def __init__(self, id: str, block: Block, *, is_replayed: bool = False) -> None:
        super().__init__(id, block, is_replayed=is_replayed)
        self._arguments = StringIO()

    def as_item(self, status: str) -> Item:
        output, error = self._describe_result()
        item = {
            "type": "mcp_call",
            "id": self.id,
            "status": "failed" if error and status == "completed" else status,
            "server_label": str(self._block.get("server_name") or ""),
            "name": self._block["name"],
            "arguments": self._arguments.getvalue(),
            "output": output,
            "error": error,
            "approval_request_id": None,
        }
        return item if status == "in_progress" else {**item, "encrypted_content": self._pack()}

    def start(self, emit: Emit) -> list[Event]:
        return [emit("response.mcp_call.in_progress")]

    def stop(self, emit: Emit) -> list[Event]:
        done = "response.mcp_call_arguments.done"
        return [*self._add_whole_input(emit), emit(done, arguments=self._arguments.getvalue())]

    def complete(self, emit: Emit) -> list[Event]:
        _, error = self._describe_result()
        return [emit(f"response.mcp_call.{'failed' if error else 'completed'}")]

    def _add_input(self, piece: str, emit: Emit) -> list[Event]:
        self._arguments.write(piece)
        return [emit("response.mcp_call_arguments.delta", delta=piece)]

    def _describe_result(self) -> tuple[str | None, Item | None]:
        """Return `output` and `error`, of which a call has one at most."""
        if self._result is None:
            return None, None
        if self._result.get("is_error"):
            return None, {"type": "mcp_tool_execution_error", "content": self._content}
        return _join_texts(self._content), None


class McpListing:
    """The tools of an MCP server, as it listed them for this response."""

    def __init__(self, id: str, block: Block) -> None:
        self.id = id
        self._block = block

    def as_item(self, status: str) -> Item:
        tools = self._block.get("tools")
        listed = tools if isinstance(tools, list) else []
        item: Item = {
            "type": "mcp_list_tools",
            "id": self.id,
            "server_label": str(self._block.get("mcp_server_name") or ""),
            "tools": [],
            "error": None,
        }
        if status == "in_progress":
            return item
        shown = [_describe_tool(tool) for tool in listed if isinstance(tool, Mapping)]
        return {**item, "tools": shown, "encrypted_content": pack_blocks([self._block])}

    def start(self, emit: Emit) -> list[Event]:
        return [emit("response.mcp_list_tools.in_progress")]

    def feed(self, delta: dict[str, Any], emit: Emit) -> list[Event]:
        return []

    def stop(self, emit: Emit) -> list[Event]:
        return [emit("response.mcp_list_tools.completed")]


HostedCall = CodeCall | McpCall


def is_hosted_call(block: Mapping[str, Any]) -> bool:
    """Return whether a block is a call that becomes an item of this module."""
    return block["type"] == "mcp_tool_use" or (
        block["type"] == "server_tool_use" and block.get("name") in CODE_TOOLS
    )


def _describe_tool(tool: Mapping[str, Any]) -> Item:
    return {
        "name": str(tool.get("name") or ""),
        "description": tool.get("description"),
        "input_schema": tool.get("input_schema") or {},
        "annotations": None,
    }


def _read(content: Any, field: str) -> Any:
    return content.get(field) if isinstance(content, Mapping) else None


def _list_file_ids(content: Any) -> list[str]:
    files = _read(content, "content")
    files = files if isinstance(files, list) else []
    return [str(_read(file, "file_id")) for file in files if _read(file, "file_id")]


def _join_texts(content: Any) -> str:
    if not isinstance(content, list):
        return str(content or "")
    return "\n".join(str(_read(part, "text") or "") for part in content)
