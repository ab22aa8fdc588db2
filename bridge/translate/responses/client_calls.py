"""Collect Claude's calls of the functions that stand for the client's built-in tools."""

from __future__ import annotations

from io import StringIO
from typing import Any

from bridge.errors import OutputMismatch
from bridge.translate.responses.client_tools import build_call_fields
from bridge.translate.responses.items import Emit, Event
from bridge.translate.stream.content_blocks import INVALID_JSON, parse_input
from bridge.wire.messages import Block
from bridge.wire.response_items.client_calls import APPLY_PATCH, LOCAL_SHELL, SHELL, TOOL_SEARCH
from bridge.wire.responses import Item

ID_PREFIXES = {APPLY_PATCH: "apc", LOCAL_SHELL: "lsh", SHELL: "sh", TOOL_SEARCH: "tsc"}


class ClientCallItem:
    """A complete call of a built-in tool."""

    def __init__(self, id: str, kind: str, call_id: str, fields: Item) -> None:
        self.id = id
        self._kind = kind
        self._call_id = call_id
        self._fields = fields

    def as_item(self, status: str) -> Item:
        return {
            "type": f"{self._kind}_call",
            "id": self.id,
            "call_id": self._call_id,
            **self._fields,
            "status": status,
        }

    def start(self, emit: Emit) -> list[Event]:
        return []

    def feed(self, delta: dict[str, Any], emit: Emit) -> list[Event]:
        return []

    def stop(self, emit: Emit) -> list[Event]:
        """Emit the commands of a shell call; the other calls have no events of their own."""
        if self._kind != SHELL:
            return []
        events = []
        for index, command in enumerate(self._fields["action"]["commands"]):
            kind = "response.shell_call_command"
            events += [
                emit(f"{kind}.added", command_index=index, command=""),
                emit(f"{kind}.delta", command_index=index, delta=command),
                emit(f"{kind}.done", command_index=index, command=command),
            ]
        return events


# The item of such a call cannot start before its arguments are complete: the kind of a patch is one
# of them. So calls are collected:
#
#   begin(kind, block)   one of Claude's calls starts; `in_call` is true until its end
#   feed(delta)          a piece of its arguments
#   end(id)              returns the complete item, or None if its arguments are invalid
#
# Invalid arguments are an error only if the answer ended normally (`check_complete`), because an
# answer that reached max_tokens ends in the middle of a call.


class ClientCallBuffer:
    """The call that is being collected."""

    def __init__(self) -> None:
        self._block: Block | None = None
        self._raw = StringIO()
        self._error: OutputMismatch | None = None
        self.kind = ""
        """The built-in tool that Claude calls."""

    @property
    def in_call(self) -> bool:
        """One of Claude's calls has started and not ended."""
        return self._block is not None

    def begin(self, kind: str, block: Block) -> None:
        self.kind, self._block, self._raw = kind, block, StringIO()

    def feed(self, delta: dict[str, Any]) -> None:
        if delta["type"] == "input_json_delta":
            self._raw.write(delta["partial_json"])

    def end(self, id: str) -> ClientCallItem | None:
        block, self._block = self._block, None
        if block is None:
            return None
        raw = self._raw.getvalue()
        input = parse_input(raw) if raw else block.get("input") or {}
        try:
            if INVALID_JSON in input:
                raise OutputMismatch(f"Claude called {self.kind} with invalid JSON arguments.")
            fields = build_call_fields(self.kind, input)
        except OutputMismatch as error:
            self._error = error
            return None
        return ClientCallItem(id, self.kind, block["id"], fields)

    def check_complete(self) -> None:
        """Raise OutputMismatch if a call had invalid arguments."""
        if self._error is not None:
            raise self._error
