"""What is known of an element of a window: a control, or what contains a place without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bridge.computer.screen.geometry import Rect

Role = Literal[
    "address bar",
    "button",
    "cell",
    "check box",
    "clickable",
    "combo box",
    "dialog",
    "document",
    "field",
    "group",
    "heading",
    "icon",
    "image",
    "link",
    "list",
    "list item",
    "menu",
    "menu item",
    "other",
    "password field",
    "radio button",
    "slider",
    "switch",
    "tab",
    "table",
    "terminal",
    "text",
    "tree",
    "window",
]
"""`clickable`: without a role, but its program handles clicks; `text`: not editable."""

State = Literal[
    "checked",
    "default",
    "disabled",
    "editable",
    "expanded",
    "focused",
    "multi-line",
    "off screen",
    "read-only",
    "selected",
]
"""`default`: the button that Return presses; `off screen`: scrolled away, or in a closed menu."""

FormField = Literal["card", "password"]

ANY_FORM: frozenset[FormField] = frozenset(get_args(FormField))
"""What a form may ask for that has too many fields to look at."""

ROLES: tuple[Role, ...] = get_args(Role)

CONTROLS: tuple[Role, ...] = (
    "button",
    "cell",
    "check box",
    "clickable",
    "combo box",
    "icon",
    "link",
    "list item",
    "menu",
    "menu item",
    "radio button",
    "slider",
    "switch",
    "tab",
)
"""Roles that a click does something with; `field` is not one: a click only moves the cursor."""

BUTTONS: tuple[Role, ...] = ("button", "clickable", "link", "menu item")
"""Roles of what may confirm a dialog, or submit a form."""
FIELDS: tuple[Role, ...] = ("field", "password field", "terminal", "address bar")
PARTS: tuple[Role, ...] = ("text", "image", "heading", "group", "other")
"""Roles of what may be a part of a control."""
CONTAINERS: tuple[Role, ...] = ("list", "table", "tree", "menu", "document")
"""Roles of what is no control, and has many of them."""

TEXT_LENGTH = 1000
"""Characters of a text to keep: a program may give one of megabytes."""

MOST_ELEMENTS = 120
"""Elements of a list, unless asked otherwise."""

VALUE_LENGTH = 80
"""Characters of a value in a list."""

READ_LENGTH = 4000
"""Characters of a text that is read from an element."""

MOST_WINDOWS = 200
"""Windows whose elements or password fields are remembered."""

DIALOG_LENGTH = 500
"""Characters of a dialog's text to keep."""


@dataclass(frozen=True, slots=True)
class Dialog:
    """The dialog that an element is in; its texts are cut after the first characters."""

    title: str = ""
    """At most TEXT_LENGTH characters."""
    text: str = ""
    """What it says, without its buttons; at most DIALOG_LENGTH characters."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element as its program describes it; the program or page chooses all texts.

    Each text is cut after its first TEXT_LENGTH characters.
    """

    role: Role
    name: str = ""
    description: str = ""
    states: frozenset[State] = frozenset()
    box: Rect | None = None
    dialog: Dialog | None = None
    address: str = ""
    """URL of the page that it is on."""
    form: frozenset[FormField] = frozenset()
    """What the form that it submits asks for."""
    text: str = ""
    """What is in an address bar, which Return opens; not read of any other element."""
    is_text_selected: bool = False
    """Whether all of that text is selected, so that what is typed replaces it."""

    @property
    def is_control(self) -> bool:
        return self.role in CONTROLS

    @property
    def is_password(self) -> bool:
        return self.role == "password field"

    @property
    def is_editable(self) -> bool:
        return "editable" in self.states or self.is_password or self.role == "address bar"

    def is_same(self, other: Element) -> bool:
        """Return whether a user would call both the same; programs have no lasting identities."""
        return (self.role, self.name, self.dialog) == (other.role, other.name, other.dialog)


@dataclass(frozen=True, slots=True)
class NamedElement:
    """An element with the id by which it can be used, while it has that role and name."""

    id: str
    element: Element
    value: str = ""
    """The text of a field, or the number of a slider; of a password field never."""


@dataclass(frozen=True, slots=True)
class ElementList:
    """Elements of a window, in reading order."""

    elements: tuple[NamedElement, ...]
    is_whole: bool = True
    """Whether there are no others: more than asked for, or its program took too long."""


Press = Literal["pressed", "silent", "unconfirmed", "no action"]
"""`silent`: it was done, and the program has not answered since then;
`unconfirmed`: it was sent, and the program has not answered whether it did it."""


@dataclass(slots=True)
class Progress:
    """How far a press has come; its caller may stop waiting at any time."""

    is_sent: bool = False
    """Whether the request to do it was sent."""


NOTHING = Element("other")
"""What there is where a program says that there is no such element: that is known."""
SOME_PASSWORD = Element("password field")
"""A password field that is not known any better."""
