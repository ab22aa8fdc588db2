"""The actions of Claude's computer toolset, one class each, and how they are read from its calls.

https://platform.claude.com/docs/en/agents-and-tools/tool-use/computer-use-tool
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bridge.computer.keys import chord, chords
from bridge.errors import InvalidRequest

Coordinate = tuple[int, int]
"""x from the left and y from the top, in pixels of the picture that was shown last."""

LONGEST = 100
"""Seconds that a wait or a held key may last."""


class _Action(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    member: ClassVar[str]


class _Pressing(_Action):
    """With keys held down meanwhile."""

    text: str | None = None

    @field_validator("text")
    @classmethod
    def _are_keys(cls, text: str | None) -> str | None:
        return None if text is None or not text.strip() else _named(text, chord)


class _Pointing(_Pressing):
    """Where the pointer is, unless told."""

    coordinate: Coordinate | None = None


class Key(_Action):
    """Presses keys together, or several after each other."""

    member = "key"
    text: str
    repeat: int = Field(1, ge=1, le=100)

    @field_validator("text")
    @classmethod
    def _are_keys(cls, text: str) -> str:
        return _named(text, chords)


class HoldKey(_Action):
    member = "hold_key"
    text: str
    duration: float = Field(ge=0, le=LONGEST)

    @field_validator("text")
    @classmethod
    def _are_keys(cls, text: str) -> str:
        return _named(text, chord)


class Type(_Action):
    member = "type"
    text: str = Field(max_length=100_000)


class CursorPosition(_Action):
    member = "cursor_position"


class MouseMove(_Action):
    member = "mouse_move"
    coordinate: Coordinate


class LeftMouseDown(_Action):
    member = "left_mouse_down"


class LeftMouseUp(_Action):
    member = "left_mouse_up"


class LeftClick(_Pointing):
    member = "left_click"


class RightClick(_Pointing):
    member = "right_click"


class MiddleClick(_Pointing):
    member = "middle_click"


class DoubleClick(_Pointing):
    member = "double_click"


class TripleClick(_Pointing):
    member = "triple_click"


class LeftClickDrag(_Pressing):
    member = "left_click_drag"
    start_coordinate: Coordinate
    coordinate: Coordinate


class Scroll(_Pointing):
    member = "scroll"
    scroll_direction: Literal["up", "down", "left", "right"]
    scroll_amount: int = Field(ge=0, le=200)


class Wait(_Action):
    member = "wait"
    duration: float = Field(ge=0, le=LONGEST)


class Screenshot(_Action):
    member = "screenshot"


class Zoom(_Action):
    """A part of the picture, as large as a picture may be."""

    member = "zoom"
    region: tuple[int, int, int, int]

    @field_validator("region")
    @classmethod
    def _is_not_empty(cls, region: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        x0, y0, x1, y1 = region
        if x0 == x1 or y0 == y1:
            raise ValueError("the region is empty")
        return region


Action = (
    Key
    | HoldKey
    | Type
    | CursorPosition
    | MouseMove
    | LeftMouseDown
    | LeftMouseUp
    | LeftClick
    | RightClick
    | MiddleClick
    | DoubleClick
    | TripleClick
    | LeftClickDrag
    | Scroll
    | Wait
    | Screenshot
    | Zoom
)

ACTIONS: tuple[type[Action], ...] = (
    Key,
    HoldKey,
    Type,
    CursorPosition,
    MouseMove,
    LeftMouseDown,
    LeftMouseUp,
    LeftClick,
    RightClick,
    MiddleClick,
    DoubleClick,
    TripleClick,
    LeftClickDrag,
    Scroll,
    Wait,
    Screenshot,
    Zoom,
)
MEMBERS: Mapping[str, type[Action]] = {action.member: action for action in ACTIONS}


def read_action(member: str, given: Mapping[str, Any]) -> Action:
    """A call of the toolset. Raises InvalidRequest that names the field."""
    kind = MEMBERS.get(member)
    if kind is None:
        raise InvalidRequest(f"There is no action `{member[:40]}`.", param="action")
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        (problem, *_) = error.errors(include_url=False, include_context=False)
        field = ".".join(str(part) for part in problem["loc"]) or member
        raise InvalidRequest(f"{member}: {field}: {problem['msg']}.", param=field) from error


def read_single_tool(given: Mapping[str, Any]) -> Action:
    """A call of the older tool, which has its member in `action`. Raises InvalidRequest."""
    member = given.get("action")
    if not isinstance(member, str):
        raise InvalidRequest("An action is named in `action`.", param="action")
    return read_action(member, {name: value for name, value in given.items() if name != "action"})


def _named(text: str, read: Any) -> str:
    """The text itself. What names no key is an error of its field."""
    try:
        read(text)
    except InvalidRequest as error:
        raise ValueError(error.message) from error
    return text
