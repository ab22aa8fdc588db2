"""Read an action of the pointer or the keyboard: those on elements are carried out elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.computer.actions import INPUT_ACTIONS, InputAction, read_action


def read_input(member: str, fields: Mapping[str, Any]) -> InputAction:
    action = read_action(member, fields)
    assert isinstance(action, INPUT_ACTIONS)
    return action
