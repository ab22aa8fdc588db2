"""What each action is for, and its fields, for those who are told of tools one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.computer.actions import MEMBERS

MANUAL: Mapping[str, str] = {
    "key": "Press a key or a chord, spelled as xdotool does: Return, ctrl+s, Page_Up.",
    "hold_key": "Hold a key or a chord down for some seconds.",
    "type": "Type a text exactly as it is, at the cursor.",
    "cursor_position": "Tell where the pointer is, in pixels of the last screenshot.",
    "mouse_move": "Move the pointer, without a click.",
    "left_mouse_down": "Press the left button and keep it down, until left_mouse_up.",
    "left_mouse_up": "Let go of the left button.",
    "left_click": "Click; `text` names keys to hold meanwhile, such as ctrl.",
    "right_click": "Click with the right button.",
    "middle_click": "Click with the middle button.",
    "double_click": "Click twice.",
    "triple_click": "Click three times, which selects a line or a paragraph.",
    "left_click_drag": "Drag from start_coordinate to coordinate with the left button.",
    "scroll": "Turn the wheel over a place, by so many notches.",
    "wait": "Wait some seconds, while a program works.",
    "screenshot": "Look at the screen. Coordinates are pixels of the last screenshot.",
    "zoom": "Look closely at a part [x0, y0, x1, y1] of the last screenshot.",
}
"""By the toolset's own names."""


def schema_of(member: str) -> dict[str, Any]:
    """The JSON schema of an action's fields."""
    schema = MEMBERS[member].model_json_schema()
    properties = {
        name: {key: value for key, value in told.items() if key != "title"}
        for name, told in schema.get("properties", {}).items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": schema.get("required", []),
        "additionalProperties": False,
    }
