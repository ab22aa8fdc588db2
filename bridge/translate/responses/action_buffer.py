"""Collect Claude's computer actions until Claude needs a screenshot."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

from bridge.errors import OutputMismatch
from bridge.translate.responses.computer import Place, join_call_ids, to_openai_actions
from bridge.translate.responses.items import Emit, Event
from bridge.translate.stream.content_blocks import INVALID_JSON, parse_input
from bridge.wire.messages import Block
from bridge.wire.responses import Item


class ComputerItem:
    """Actions that the client performs together; their result is one screenshot."""

    def __init__(
        self, id: str, parts: list[tuple[str, int]], actions: list[Item], *, one_by_one: bool
    ) -> None:
        self.id = id
        self._call_id = join_call_ids(parts)
        self._actions = actions
        self._one_by_one = one_by_one

    def as_item(self, status: str) -> Item:
        item: Item = {
            "type": "computer_call",
            "id": self.id,
            "call_id": self._call_id,
            "pending_safety_checks": [],
            "status": status,
        }
        if self._one_by_one:
            item["action"] = self._actions[0]
            if len(self._actions) == 1:
                return item
        return {**item, "actions": self._actions}

    def start(self, emit: Emit) -> list[Event]:
        return []

    def feed(self, delta: dict[str, Any], emit: Emit) -> list[Event]:
        return []

    def stop(self, emit: Emit) -> list[Event]:
        return []


# OpenAI's computer call can have several actions, and its client sends one screenshot after the
# last of them. Claude calls a tool for each action. So calls are collected:
#
#   begin(block)      one of Claude's calls starts; `in_call` is true until its end
#   feed(delta)       a piece of its arguments
#   end()             its actions are added; `needs_screenshot` is true if they must be sent now
#   take_item()       returns all collected actions as one item, and clears the buffer
#
# Invalid arguments set `broken`. They are an error only if the answer ended normally, because an
# answer that reached max_tokens ends in the middle of a call.


class ActionBuffer:
    """The actions collected so far, and the position of the pointer after them."""

    def __init__(self, pointer: Place | None, *, one_by_one: bool) -> None:
        """`one_by_one`: the client performs one action at a time."""
        self._pointer = pointer
        self._one_by_one = one_by_one
        self._parts: list[tuple[str, int]] = []
        self._actions: list[Item] = []
        self._block: Block | None = None
        self._raw = StringIO()
        self.broken = False
        """A call had invalid JSON arguments."""

    @property
    def in_call(self) -> bool:
        """One of Claude's calls has started and not ended."""
        return self._block is not None

    def begin(self, block: Block) -> None:
        self._block, self._raw = block, StringIO()

    def feed(self, delta: dict[str, Any]) -> None:
        if delta["type"] == "input_json_delta":
            self._raw.write(delta["partial_json"])

    def end(self) -> None:
        """Add the actions of the call, if one has started.

        Raises OutputMismatch if OpenAI has no action for it.
        """
        block, self._block = self._block, None
        if block is None:
            return
        raw = self._raw.getvalue()
        input = parse_input(raw) if raw else block.get("input") or {}
        if INVALID_JSON in input:
            self.broken = True
            return
        converted = to_openai_actions(block["name"], input, self._pointer)
        self._pointer = converted.pointer
        self._parts.append((block["id"], len(converted.actions)))
        self._actions += converted.actions

    @property
    def needs_screenshot(self) -> bool:
        """The actions must be sent now, because Claude needs a screenshot next."""
        return self._one_by_one or self._actions[-1:] == [{"type": "screenshot"}]

    def take_item(self, new_id: Callable[[str], str]) -> ComputerItem | None:
        """Return the collected actions as one item and clear the buffer."""
        parts, self._parts = self._parts, []
        actions, self._actions = self._actions, []
        if not parts:
            return None
        return ComputerItem(new_id("cu"), parts, actions, one_by_one=self._one_by_one)

    def check_complete(self) -> None:
        """Raise OutputMismatch if a call of a complete answer was invalid."""
        if self.broken:
            raise OutputMismatch("Claude's computer action is not valid JSON.")
