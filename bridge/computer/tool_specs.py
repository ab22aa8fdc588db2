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
    "list_windows": "List the windows with their ids; `picture` adds a screenshot.",
    "focus_window": "Bring a window to the front, by its id or title.",
    "list_elements": "List the buttons, fields and texts of a window: id, role, name, box, states. "
    "Without `window`, of the one with the keyboard.",
    "find_element": "Find elements by role (such as button, link, field, check box, menu item) "
    "and name, also those scrolled away.",
    "click_element": "Click an element by its id, or by its role and whole name, without moving "
    "the pointer. Prefer it to coordinates.",
    "set_value": "Set the text of a field, the number of a slider, the choice of a combo box, or "
    "on and off of a check box; by id, or role and name.",
    "read_text": "Read the text of an element, or of a whole document.",
}
"""Descriptions, by the toolset's names of the actions."""


def build_input_schema(member: str) -> dict[str, Any]:
    """Return the JSON schema of an action's fields."""
    schema = MEMBERS[member].model_json_schema()
    properties = {
        name: _shorten_field(field) for name, field in schema.get("properties", {}).items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": schema.get("required", []),
        "additionalProperties": False,
    }


def _shorten_field(field: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what only repeats that a field is optional, or its name: it costs tokens."""
    kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
    whole = {**field, **kinds[0]} if len(kinds) == 1 else dict(field)
    left_out = ("title", "anyOf") if len(kinds) == 1 else ("title",)
    return {
        key: value
        for key, value in whole.items()
        if key not in left_out and not (key == "default" and value is None)
    }
