"""The actions of Claude's computer toolset, and the bridge's own on elements, one class each.

https://platform.claude.com/docs/en/agents-and-tools/tool-use/computer-use-tool
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from bridge.computer.elements.base import Role
from bridge.computer.keys import parse_chord, parse_chords
from bridge.errors import InvalidRequest

Coordinate = tuple[StrictInt, StrictInt]
"""x from the left and y from the top, in pixels of the last screenshot.

Strict: text, fractions and booleans are an error that the model can mend, not a guess.
"""

WindowName = Annotated[str, Field(max_length=300)]
"""The id of a window, or its title or a part of that."""
ElementName = Annotated[str, Field(min_length=1, max_length=300)]
"""The whole name; case and blanks do not count."""

RoleName = Annotated[Role, WithJsonSchema({"type": "string"})]
"""All roles in the schema of each tool would be many tokens; an error lists them."""

MAX_SECONDS = 100
"""Longest wait, or hold of a key."""


class _Action(BaseModel):
    # Newer versions of the toolset may send more fields.
    model_config = ConfigDict(frozen=True, extra="ignore")

    member: ClassVar[str]


class _KeysAction(_Action):
    """An action during which keys may be held down."""

    text: str | None = None

    @field_validator("text")
    @classmethod
    def _validate_keys(cls, text: str | None) -> str | None:
        return None if text is None or not text.strip() else _check_keys(text, parse_chord)


class _PlaceAction(_KeysAction):
    """An action at a place; without a coordinate, where the pointer is."""

    coordinate: Coordinate | None = None


class Key(_Action):
    """One key combination, or several in a row."""

    member = "key"
    text: str
    repeat: int = Field(1, ge=1, le=100)

    @field_validator("text")
    @classmethod
    def _validate_keys(cls, text: str) -> str:
        return _check_keys(text, parse_chords)


class HoldKey(_Action):
    member = "hold_key"
    text: str
    duration: float = Field(ge=0, le=MAX_SECONDS)

    @field_validator("text")
    @classmethod
    def _validate_keys(cls, text: str) -> str:
        return _check_keys(text, parse_chord)


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


class LeftClick(_PlaceAction):
    member = "left_click"


class RightClick(_PlaceAction):
    member = "right_click"


class MiddleClick(_PlaceAction):
    member = "middle_click"


class DoubleClick(_PlaceAction):
    member = "double_click"


class TripleClick(_PlaceAction):
    member = "triple_click"


class LeftClickDrag(_KeysAction):
    member = "left_click_drag"
    start_coordinate: Coordinate
    coordinate: Coordinate


class Scroll(_PlaceAction):
    member = "scroll"
    scroll_direction: Literal["up", "down", "left", "right"]
    scroll_amount: int = Field(ge=0, le=200)


class Wait(_Action):
    member = "wait"
    duration: float = Field(ge=0, le=MAX_SECONDS)


class Screenshot(_Action):
    member = "screenshot"


class Zoom(_Action):
    """A region of the last screenshot, enlarged to the largest size the model takes."""

    member = "zoom"
    region: tuple[StrictInt, StrictInt, StrictInt, StrictInt]

    @field_validator("region")
    @classmethod
    def _validate_region(cls, region: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        x0, y0, x1, y1 = region
        if x0 == x1 or y0 == y1:
            raise ValueError("the region is empty")
        return region


class _ElementAction(_Action):
    """An action on what programs tell of their windows, without pointer and keyboard."""

    picture: bool = False
    """Whether the result has a screenshot, too."""


class ListWindows(_ElementAction):
    member = "list_windows"


class FocusWindow(_ElementAction):
    member = "focus_window"
    window: WindowName = Field(min_length=1)


class _InWindow(_ElementAction):
    """An action in a window; without a name, in the one with the keyboard."""

    window: WindowName | None = None


class ListElements(_InWindow):
    member = "list_elements"


class FindElement(_InWindow):
    """At least one of role and name."""

    member = "find_element"
    role: RoleName | None = None
    name: ElementName | None = None

    @model_validator(mode="after")
    def _validate_search(self) -> FindElement:
        if self.role is None and self.name is None:
            raise ValueError("`role` or `name` is needed")
        return self


class _OnElement(_InWindow):
    """An action on an element: by its id, or by its name and role; all that is given must match."""

    id: str | None = Field(None, max_length=20)
    role: RoleName | None = None
    name: ElementName | None = None

    @model_validator(mode="after")
    def _validate_element(self) -> Self:
        if self.id is None and self.name is None and self.role is None:
            raise ValueError("`id`, or `name` and `role`, is needed")
        return self


class ClickElement(_OnElement):
    member = "click_element"
    allow_pointer: bool = True
    """Whether the pointer may be used if the program offers no action."""


class SetValue(_OnElement):
    """The text of a field, the number of a slider, the choice of a list, or `on` and `off`."""

    member = "set_value"
    value: str = Field(max_length=100_000)
    allow_keyboard: bool = True
    """Whether the text may be typed if the program does not let it be set."""

    @field_validator("value")
    @classmethod
    def _validate_value(cls, value: str) -> str:
        # D-Bus has no such text, and ends a connection that sends one.
        if "\0" in value or not _is_encodable(value):
            raise ValueError("it has a NUL or half a character")
        return value


class ReadText(_OnElement):
    member = "read_text"


InputAction = (
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
"""The actions of Claude's toolset."""

OnElement = ClickElement | SetValue | ReadText
ElementAction = ListWindows | FocusWindow | ListElements | FindElement | OnElement
"""The bridge's own."""

Action = InputAction | ElementAction

INPUT_ACTIONS: tuple[type[InputAction], ...] = (
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
ELEMENT_ACTIONS: tuple[type[ElementAction], ...] = (
    ListWindows,
    FocusWindow,
    ListElements,
    FindElement,
    ClickElement,
    SetValue,
    ReadText,
)
MEMBERS: Mapping[str, type[Action]] = {
    action.member: action for action in (*INPUT_ACTIONS, *ELEMENT_ACTIONS)
}


def read_action(member: str, fields: Mapping[str, Any]) -> Action:
    """Parse a tool call. Raises InvalidRequest, which names the field."""
    kind = MEMBERS.get(member)
    if kind is None:
        raise InvalidRequest(f"There is no action `{member[:40]}`.", param="action")
    try:
        return kind.model_validate(dict(fields))
    except ValidationError as error:
        (problem, *_) = error.errors(include_url=False, include_context=False)
        field = ".".join(str(part) for part in problem["loc"])
        text = f"{member}: {field and f'{field}: '}{problem['msg']}."
        raise InvalidRequest(text, param=field or "action") from error


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_keys(text: str, parse: Callable[[str], object]) -> str:
    """Return the text. Raises ValueError if it does not parse as keys."""
    try:
        parse(text)
    except InvalidRequest as error:
        # Pydantic turns only a ValueError into an error of the field.
        raise ValueError(error.message) from error
    return text


def list_places(action: Action) -> list[Coordinate]:
    """List an action's places in the picture: two for a drag, none for a key."""
    places: list[Coordinate] = []
    if isinstance(action, LeftClickDrag):
        places.append(action.start_coordinate)
    place: Coordinate | None = getattr(action, "coordinate", None)
    return places if place is None else [*places, place]
