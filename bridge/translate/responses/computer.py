"""Convert OpenAI's computer calls to calls of Claude's computer toolset, and back.

A computer call has one or more actions, and Claude calls a tool for each. The ids of these calls
are joined to one `call_id`, with the number of actions if a call has several: `toolu_1.toolu_2*3`.
https://platform.openai.com/docs/guides/tools-computer-use
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.errors import InvalidRequest, OutputMismatch
from bridge.translate.chat.computer_toolset import CHAT_PREFIX, TOOLSET_TYPE
from bridge.wire.responses import Item

PREVIEW = "computer_use_preview"
"""The older tool, whose clients perform one action at a time."""

PIXELS_PER_NOTCH = 100
"""OpenAI scrolls in pixels, Claude in wheel notches; a browser scrolls 100 pixels per notch."""

UNSUPPORTED_MEMBERS = (
    "cursor_position",
    "hold_key",
    "left_mouse_down",
    "left_mouse_up",
    "triple_click",
    "zoom",
)
"""Toolset members without a counterpart at OpenAI; Claude is not offered them."""

_BUTTONS = {"left_click": "left", "right_click": "right", "middle_click": "wheel"}
_CLICKS = {button: member for member, button in _BUTTONS.items()}
_KEYS = {
    "alt": "ALT",
    "backspace": "BACKSPACE",
    "caps_lock": "CAPSLOCK",
    "cmd": "CMD",
    "ctrl": "CTRL",
    "delete": "DELETE",
    "down": "ARROWDOWN",
    "end": "END",
    "escape": "ESC",
    "home": "HOME",
    "insert": "INSERT",
    "left": "ARROWLEFT",
    "page_down": "PAGEDOWN",
    "page_up": "PAGEUP",
    "return": "ENTER",
    "right": "ARROWRIGHT",
    "shift": "SHIFT",
    "space": "SPACE",
    "super": "SUPER",
    "tab": "TAB",
    "up": "ARROWUP",
    "plus": "+",
    "minus": "-",
    "comma": ",",
    "period": ".",
    "slash": "/",
    "equal": "=",
}
"""xdotool's key names, in lower case, to OpenAI's."""
_XDOTOOL = {
    **{word: name for name, word in _KEYS.items()},
    "BACKSPACE": "BackSpace",
    "CAPSLOCK": "Caps_Lock",
    "DELETE": "Delete",
    "ARROWDOWN": "Down",
    "END": "End",
    "ESC": "Escape",
    "ESCAPE": "Escape",
    "HOME": "Home",
    "INSERT": "Insert",
    "ARROWLEFT": "Left",
    "PAGEDOWN": "Page_Down",
    "PAGEUP": "Page_Up",
    "ENTER": "Return",
    "RETURN": "Return",
    "ARROWRIGHT": "Right",
    "TAB": "Tab",
    "ARROWUP": "Up",
    "CONTROL": "ctrl",
    "META": "super",
    "WIN": "super",
    "OPTION": "alt",
}
# One part of a joined call id, such as `toolu_2*3`.
_PART = re.compile(r"(?P<id>[^.*]+)(?:\*(?P<count>\d{1,3}))?")

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ComputerActions:
    """OpenAI's actions for one of Claude's calls, and the pointer's position after them."""

    actions: tuple[Item, ...]
    pointer: Place | None


def is_computer(tool: Item) -> bool:
    return tool.get("type") in ("computer", PREVIEW)


def to_toolset(tool: Item) -> Item:
    """Replace OpenAI's tool by Claude's toolset, without the members that OpenAI lacks."""
    configs = {member: {"enabled": False} for member in UNSUPPORTED_MEMBERS}
    # Only the client's cache marker stays: `display_width` and the like have no counterpart.
    marker = {name: tool[name] for name in ("cache_control",) if name in tool}
    return {"type": TOOLSET_TYPE, "configs": configs, **marker}


def to_openai_actions(
    member: str, input: Mapping[str, Any], pointer: Place | None
) -> ComputerActions:
    """Convert one of Claude's calls. Raises OutputMismatch if OpenAI has no action for it.

    `pointer`: its last known position, in pixels of the screenshot.
    """
    try:
        return _convert_action(member, input, pointer)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise OutputMismatch(
            f"Claude's computer action {member[:40]} has no counterpart at OpenAI."
        ) from error


def join_call_ids(parts: Sequence[tuple[str, int]]) -> str:
    """Join the ids of Claude's calls, each with its number of actions, to one id."""
    return ".".join(id if count == 1 else f"{id}*{count}" for id, count in parts)


def as_calls(item: Item, where: str) -> list[Item]:
    """Convert a computer call to Claude's calls. Raises InvalidRequest naming the field."""
    actions = _read_actions(item, where)
    parts = _parse_call_id(item, where)
    if sum(count for _, count in parts) != len(actions):
        # The client did not get this id from the bridge, so every action becomes one call.
        first = parts[0][0]
        parts = [(first if at == 0 else f"{first}_{at + 1}", 1) for at in range(len(actions))]
    calls = []
    for id, count in parts:
        group, actions = actions[:count], actions[count:]
        member, input = _to_member(group, f"{where}.actions")
        calls.append(_build_function_call(id, member, input))
    return calls


def as_results(item: Item, calls: Sequence[str], where: str) -> list[Item]:
    """Build the results of `calls` from their one output; the last gets the screenshot."""
    output = item.get("output")
    url = output.get("image_url") if isinstance(output, Mapping) else None
    if not isinstance(url, str) or not url:
        raise InvalidRequest(
            "A computer_call_output must have its screenshot in output.image_url; files are not "
            "supported.",
            param=f"{where}.output.image_url",
        )
    screenshot = [{"type": "input_image", "image_url": url}]
    *others, last = calls
    return [
        *(_build_function_output(id, "OK") for id in others),
        _build_function_output(last, screenshot),
    ]


def find_pointer(items: Sequence[Item]) -> Place | None:
    """Return the pointer's position after earlier actions, if any of them set it."""
    place: Place | None = None
    for item in items:
        if isinstance(item, dict) and item.get("type") == "computer_call":
            for action in _read_actions(item, "input"):
                place = _find_place(action) or place
    return place


def _convert_action(
    member: str, input: Mapping[str, Any], pointer: Place | None
) -> ComputerActions:
    held = {"keys": _to_openai_keys(input["text"])} if input.get("text") else {}
    match member:
        case "screenshot":
            return ComputerActions(({"type": "screenshot"},), pointer)
        case "wait":
            return ComputerActions(({"type": "wait"},) * max(1, round(input["duration"])), pointer)
        case "type":
            return ComputerActions(({"type": "type", "text": input["text"]},), pointer)
        case "key":
            chords = [chord for chord in str(input["text"]).split(" ") if chord]
            pressed = [{"type": "keypress", "keys": _to_openai_keys(chord)} for chord in chords]
            return ComputerActions(tuple(pressed) * max(1, int(input.get("repeat") or 1)), pointer)
        case "left_click_drag":
            ends = [_parse_place(input["start_coordinate"]), _parse_place(input["coordinate"])]
            path = [{"x": x, "y": y} for x, y in ends]
            return ComputerActions(({"type": "drag", "path": path, **held},), ends[-1])
    x, y = at = _parse_place(input.get("coordinate") or pointer)
    return ComputerActions(
        ({**_convert_pointer_action(member, input), "x": x, "y": y, **held},), at
    )


def _convert_pointer_action(member: str, input: Mapping[str, Any]) -> Item:
    match member:
        case "left_click" | "right_click" | "middle_click":
            return {"type": "click", "button": _BUTTONS[member]}
        case "double_click":
            return {"type": "double_click"}
        case "mouse_move":
            return {"type": "move"}
        case "scroll":
            return {"type": "scroll", **_convert_scroll(input)}
    raise ValueError(member)


def _convert_scroll(input: Mapping[str, Any]) -> Item:
    pixels = int(input["scroll_amount"]) * PIXELS_PER_NOTCH
    x, y = {
        "up": (0, -pixels),
        "down": (0, pixels),
        "left": (-pixels, 0),
        "right": (pixels, 0),
    }[input["scroll_direction"]]
    return {"scroll_x": x, "scroll_y": y}


def _parse_place(coordinate: Any) -> Place:
    x, y = coordinate
    return int(x), int(y)


def _to_openai_keys(chord: str) -> list[str]:
    names = ["+"] if chord == "+" else chord.split("+")
    return [_KEYS.get(name.lower()) or (name if len(name) == 1 else name.upper()) for name in names]


def _to_xdotool_keys(keys: Any) -> str:
    return "+".join(_XDOTOOL.get(str(key).upper(), str(key)) for key in keys)


def _read_actions(item: Item, where: str) -> list[Item]:
    actions = item.get("actions") or ([item["action"]] if item.get("action") else [])
    if not isinstance(actions, list) or not all(isinstance(action, Mapping) for action in actions):
        raise InvalidRequest("actions must be a list of objects.", param=f"{where}.actions")
    if not actions:
        raise InvalidRequest(
            "A computer call must have at least one action.", param=f"{where}.actions"
        )
    return actions


def _parse_call_id(item: Item, where: str) -> list[tuple[str, int]]:
    id = item.get("call_id")
    if not isinstance(id, str) or not id:
        raise InvalidRequest("A computer call must have a call_id.", param=f"{where}.call_id")
    matches = [_PART.fullmatch(part) for part in id.split(".")]
    matched = [part for part in matches if part is not None]
    if len(matched) < len(matches):
        return [(id, 1)]
    return [(part["id"], int(part["count"] or 1)) for part in matched]


def _to_member(group: Sequence[Item], where: str) -> tuple[str, Item]:
    """Convert the actions of one call back to its toolset member and its input."""
    first = group[0]
    try:
        match first["type"]:
            case "keypress":
                chords = [_to_xdotool_keys(action["keys"]) for action in group]
                if len(set(chords)) > 1:
                    return "key", {"text": " ".join(chords)}
                repeat = {"repeat": len(chords)} if len(chords) > 1 else {}
                return "key", {"text": chords[0], **repeat}
            case "wait":
                return "wait", {"duration": len(group)}
            case "screenshot":
                return "screenshot", {}
            case "type":
                return "type", {"text": first["text"]}
        return _to_pointer_member(first)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        kind = str(first.get("type"))[:40]
        raise InvalidRequest(f"The action {kind} is incomplete or unknown.", param=where) from error


def _to_pointer_member(action: Item) -> tuple[str, Item]:
    held = {"text": _to_xdotool_keys(action["keys"])} if action.get("keys") else {}
    if action["type"] == "drag":
        start, *_, end = [[int(step["x"]), int(step["y"])] for step in action["path"]]
        return "left_click_drag", {"start_coordinate": start, "coordinate": end, **held}
    input: Item = {"coordinate": [int(action["x"]), int(action["y"])], **held}
    match action["type"]:
        case "click":
            return _CLICKS[action["button"]], input
        case "double_click":
            return "double_click", input
        case "move":
            return "mouse_move", {"coordinate": input["coordinate"]}
        case "scroll":
            return "scroll", {
                **input,
                **_to_scroll(int(action["scroll_x"]), int(action["scroll_y"])),
            }
    raise ValueError(action["type"])


def _to_scroll(x: int, y: int) -> Item:
    """Convert a scroll distance to notches in its larger direction: a wheel has only one."""
    pixels, directions = (y, ("up", "down")) if abs(y) >= abs(x) else (x, ("left", "right"))
    # A distance of less than half a notch must not become none: the page would not move.
    amount = round(abs(pixels) / PIXELS_PER_NOTCH) or (1 if pixels else 0)
    return {"scroll_direction": directions[pixels > 0], "scroll_amount": amount}


def _find_place(action: Item) -> Place | None:
    at = action["path"][-1] if action.get("path") else action
    x, y = at.get("x"), at.get("y")
    return (x, y) if isinstance(x, int) and isinstance(y, int) else None


def _build_function_call(id: str, member: str, input: Item) -> Item:
    return {
        "type": "function_call",
        "call_id": id,
        "name": CHAT_PREFIX + member,
        "arguments": json.dumps(input),
    }


def _build_function_output(id: str, output: Any) -> Item:
    return {"type": "function_call_output", "call_id": id, "output": output}
