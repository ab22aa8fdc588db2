"""Claude's computer actions, gathered until the client's screen has to be seen again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.errors import OutputMismatch
from bridge.translate.responses.computer import Place, join_call_ids, to_openai_actions
from bridge.translate.responses.items import Emit, Event
from bridge.translate.stream.content_blocks import INVALID_JSON, parse_input
from bridge.wire.messages import Block
from bridge.wire.responses import Item


class ComputerItem:
    """Actions that the client performs together; its picture after them answers them all."""

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


class ActionBuffer:
    """The client's screen, as far as it is known, and what is to be done there."""

    def __init__(self, pointer: Place | None, *, one_by_one: bool) -> None:
        """`one_by_one`: the client performs one action at a time."""
        self._pointer = pointer
        self._one_by_one = one_by_one
        self._parts: list[tuple[str, int]] = []
        self._actions: list[Item] = []
        self._block: Block | None = None
        self._raw = ""
        self.broken = False
        """A call was not written to its end."""

    @property
    def in_call(self) -> bool:
        """One of Claude's calls is being written."""
        return self._block is not None

    def begin(self, block: Block) -> None:
        self._block, self._raw = block, ""

    def feed(self, delta: dict[str, Any]) -> None:
        if delta["type"] == "input_json_delta":
            self._raw += delta["partial_json"]

    def end(self) -> None:
        """The call is whole. Raises OutputMismatch where no action of OpenAI's stands for it."""
        block, self._block = self._block, None
        assert block is not None  # noqa: S101 - it is being written
        given = parse_input(self._raw) if self._raw else block.get("input") or {}
        if INVALID_JSON in given:
            self.broken = True
            return
        one = to_openai_actions(block["name"], given, self._pointer)
        self._pointer = one.pointer
        self._parts.append((block["id"], len(one.actions)))
        self._actions += one.actions

    @property
    def needs_screenshot(self) -> bool:
        """What comes after a screenshot was not decided for what it shows."""
        return self._one_by_one or self._actions[-1:] == [{"type": "screenshot"}]

    def take_item(self, new_id: Callable[[str], str]) -> ComputerItem | None:
        """The call of what was gathered, which is then empty."""
        parts, self._parts = self._parts, []
        actions, self._actions = self._actions, []
        if not parts:
            return None
        return ComputerItem(new_id("cu"), parts, actions, one_by_one=self._one_by_one)

    def check_complete(self) -> None:
        """Raises OutputMismatch when an answer that is whole holds a call that is not."""
        if self.broken:
            raise OutputMismatch("Claude's computer action is not valid JSON.")
