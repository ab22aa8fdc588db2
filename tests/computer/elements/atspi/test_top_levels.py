"""The windows that programs tell, also while one of them does not answer."""

from __future__ import annotations

from typing import Any, cast

import pytest

from bridge.computer.elements.atspi.replies import Node, TimedOut
from bridge.computer.elements.atspi.roles import ACTIVE, FRAME, SHOWING
from bridge.computer.elements.atspi.top_levels import TopLevels
from bridge.computer.elements.atspi.tree import Facts, Tree

VAULT = Node(":1.5", "/vault")


class SlowProgram:
    """A bus with one program, which has one window, and may be slow."""

    def __init__(self) -> None:
        self.bus = self
        self.programs = [Node(VAULT.name, "/root")]
        self.is_slow = False
        self.tells_part = False

    async def list_programs(self) -> list[Node]:
        return self.programs

    async def list_children(self, node: Node) -> list[Node]:
        if self.is_slow:
            raise TimedOut(f"{node.name} did not answer in time.")
        return [VAULT]

    async def read_process(self, name: str) -> int:
        return 77

    async def read_name(self, node: Node) -> str:
        return "vault"

    async def list_showing(self, nodes: list[Node]) -> list[Facts]:
        states = 1 << ACTIVE | 1 << SHOWING
        return [] if self.tells_part else [Facts(VAULT, FRAME, "My bank", states)]

    def is_paused(self, name: str) -> bool:
        return self.is_slow or self.tells_part


@pytest.mark.parametrize("what", ["is_slow", "tells_part"])
async def test_a_slow_program_keeps_its_windows_without_the_keyboard(what: str) -> None:
    program = SlowProgram()
    tops = TopLevels(cast("Tree", program))
    (first,) = await tops.list_shown()
    assert (first.title, first.active) == ("My bank", True)
    setattr(program, what, True)
    (later,) = await tops.list_shown()
    assert (later.title, later.id, later.active) == ("My bank", first.id, False)
    assert tops.list_last() == [later]


async def test_a_program_that_has_ended_has_none() -> None:
    program = SlowProgram()
    tops = TopLevels(cast("Tree", program))
    await tops.list_shown()
    program.programs = []
    found: list[Any] = await tops.list_shown()
    assert found == tops.list_last() == []
