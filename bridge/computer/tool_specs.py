"""Descriptions and input schemas for clients that use one tool per action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.computer.actions import MEMBERS

TOOL_DESCRIPTIONS: Mapping[str, str] = {
    "key": "Press a key or a key combination, in xdotool's spelling: Return, ctrl+s, Page_Up.",
    "hold_key": "Hold down a key or a key combination for some seconds.",
    "type": "Type text at the cursor, exactly as given.",
    "cursor_position": "Get the position of the pointer, in pixels of the last screenshot.",
    "mouse_move": "Move the pointer without clicking.",
    "left_mouse_down": "Press the left button and hold it until left_mouse_up.",
    "left_mouse_up": "Release the left button.",
    "left_click": "Click; `text` names modifier keys to hold, such as ctrl.",
    "right_click": "Click with the right button.",
    "middle_click": "Click with the middle button.",
    "double_click": "Click twice.",
    "triple_click": "Click three times, which selects a line or a paragraph.",
    "left_click_drag": "Drag from start_coordinate to coordinate with the left button.",
    "scroll": "Scroll at a place, by a number of wheel notches.",
    "wait": "Wait some seconds while a program works.",
    "screenshot": "Take a screenshot. All coordinates are pixels of the last screenshot.",
    "zoom": "Enlarge the region [x0, y0, x1, y1] of the last screenshot.",
}
"""Descriptions, by the toolset's names of the actions."""


def build_input_schema(member: str) -> dict[str, Any]:
    """Return the JSON schema of an action's fields."""
    schema = MEMBERS[member].model_json_schema()
    # Pydantic's titles only repeat the field names, and each costs the client tokens.
    properties = {
        name: {key: value for key, value in field.items() if key != "title"}
        for name, field in schema.get("properties", {}).items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": schema.get("required", []),
        "additionalProperties": False,
    }
