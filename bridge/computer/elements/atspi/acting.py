"""Press elements, set their values and read their texts, without pointer and keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bridge.computer.elements.atspi.listing import VALUE, Listing
from bridge.computer.elements.atspi.replies import (
    COUNT,
    FLAG,
    TEXT,
    Node,
    TimedOut,
    Unanswered,
)
from bridge.computer.elements.atspi.roles import (
    CHECKED,
    PRESSED,
    SHOWING,
    VISIBLE,
    is_disabled,
    list_numbers,
    to_role,
)
from bridge.computer.elements.atspi.tree import Facts, Tree, get_lasting_name
from bridge.computer.elements.base import FIELDS, READ_LENGTH, Press, Progress, Role
from bridge.computer.elements.ids import KnownObject, explain_gone
from bridge.computer.elements.values import (
    CHOICES,
    ITEMS,
    MOST_ITEMS,
    MOST_PARTS,
    READABLE,
    SELECTED,
    TOGGLES,
    explain_disabled,
    explain_hidden,
    explain_password,
    explain_unsettable,
    find_choice,
    join_names,
    parse_number,
    parse_toggle,
    try_number,
)

_ACTION, _COMPONENT = "org.a11y.atspi.Action", "org.a11y.atspi.Component"
_EDITABLE_TEXT = "org.a11y.atspi.EditableText"
_CLICKS = ("click", "press", "jump", "toggle", "select", "check", "uncheck", "clickancestor")
"""What programs call their action that a click does, the best first; in lower case."""
_CLICKS_OF_CONTROLS = (*_CLICKS, "activate", "open", "expand", "collapse", "expand or contract")
"""To activate a field is to press Return in it, and an item of a list is opened by that."""
_ANYWHERE = 6
"""Scroll no further than until it is there."""
_SCROLL_STEPS = 10
_READ_STEPS = 6
_STEP_SECONDS = 0.01
_ITEMS = list_numbers(ITEMS)
_READABLE = list_numbers(READABLE)
_SPIN_BUTTON = 52
_MOST_ACTIONS = 20
_EMBEDDED = "\ufffc"
"""Stands in a text for an object inside."""


class Actor:
    """Every method raises Unanswered, and InvalidRequest for what cannot be done.

    The object is compared with what was listed right before it is used.
    """

    def __init__(self, tree: Tree, listing: Listing) -> None:
        self._tree = tree
        self._listing = listing

    async def check(self, id: str, known: KnownObject[Node]) -> Facts:
        """Return an object as it is now. Raises InvalidRequest if it is another element."""
        try:
            facts = await self._tree.read_facts(known.node)
        except TimedOut:
            raise
        except Unanswered as error:
            raise explain_gone(id, known.name) from error
        if (facts.role, get_lasting_name(facts)) != (known.role, known.name):
            raise explain_gone(id, known.name)
        return facts

    async def press(self, id: str, known: KnownObject[Node], progress: Progress) -> Press:
        """Do what a click does; `progress` tells whether the program may have done it."""
        facts = await self._check_usable(id, known)
        role = to_role(facts.role, facts.states)
        is_field = role in FIELDS
        names = _CLICKS if is_field or role in SELECTED else _CLICKS_OF_CONTROLS
        press = await self._press(facts.node, names, progress)
        if press == "no action" and is_field:
            # A click on a field moves the cursor into it.
            progress.is_sent = True
            return await self._focus(facts.node)
        return press

    async def is_answering(self, node: Node) -> bool:
        """Return whether a program answers at all.

        GTK answers nothing while a dialog is open that it waits for in the handler of a press.
        """
        try:
            await self._tree.read_role(node)
        except TimedOut:
            return False
        except Unanswered:
            # The object is gone, says the program.
            return True
        return True

    async def focus(self, id: str, known: KnownObject[Node]) -> bool:
        """Move the keyboard of its window to an element; return False if that is not offered."""
        facts = await self._check_usable(id, known)
        return await self._focus(facts.node) != "no action"

    async def set_value(self, id: str, known: KnownObject[Node], value: str) -> str | None:
        """Set the value that fits the role; return what it is then.

        None for a field whose program does not let its text be set.
        """
        facts = await self._check_usable(id, known)
        role = to_role(facts.role, facts.states)
        if role in TOGGLES:
            return await self._set_toggle(facts, value)
        if role == "slider":
            now = await self._set_number(facts.node, value)
            if now is None:
                raise explain_unsettable()
            return now
        if role in CHOICES:
            return await self._choose(facts.node, value)
        if facts.role == _SPIN_BUTTON and try_number(value) is not None:
            return await self._set_number(facts.node, value)
        return await self._set_text(facts, role, value)

    async def read_text(self, id: str, known: KnownObject[Node]) -> str:
        facts = await self.check(id, known)
        role = to_role(facts.role, facts.states)
        if role == "password field":
            raise explain_password()
        if role == "slider":
            return await self._format_number(facts.node)
        try:
            text = await self._listing.read_text(facts.node, READ_LENGTH)
        except TimedOut:
            raise
        except Unanswered:
            text = ""
        if role in FIELDS or (text.strip() and _EMBEDDED not in text):
            return text
        return await self._read_parts(facts.node) or facts.name

    async def _check_usable(self, id: str, known: KnownObject[Node]) -> Facts:
        """Check that an element is on the screen, or scroll it there, and that it is enabled."""
        facts = await self.check(id, known)
        if is_disabled(facts.states):
            raise explain_disabled(id, known.name)
        if facts.has(SHOWING):
            return facts
        try:
            body = (_ANYWHERE,)
            scrolls = await self._tree.bus.call(facts.node, _COMPONENT, "ScrollTo", FLAG, "u", body)
        except TimedOut:
            raise
        except Unanswered:
            # Programs without scrolling have no such method.
            scrolls = False
        for _ in range(_SCROLL_STEPS if scrolls else 0):
            facts = await self.check(id, known)
            if facts.has(SHOWING):
                return facts
            await asyncio.sleep(_STEP_SECONDS)
        raise explain_hidden(id, known.name)

    async def _press(
        self, node: Node, clicks: Sequence[str], progress: Progress | None = None
    ) -> Press:
        try:
            names = await self._list_actions(node)
        except TimedOut:
            raise
        except Unanswered:
            return "no action"
        index = _find_click(names, clicks)
        if index is None:
            return "no action"
        if progress is not None:
            progress.is_sent = True
        try:
            body = (index,)
            is_done = await self._tree.bus.call(node, _ACTION, "DoAction", FLAG, "i", body)
        except TimedOut:
            return "unconfirmed"
        return "pressed" if is_done else "no action"

    async def _list_actions(self, node: Node) -> list[str]:
        # `GetActions` has translated names, which Chromium leaves empty.
        count = await self._tree.bus.read_property(node, "NActions", COUNT, _ACTION)
        calls = (
            self._tree.bus.call(node, _ACTION, "GetName", TEXT, "i", (index,))
            for index in range(min(count, _MOST_ACTIONS))
        )
        return await asyncio.gather(*calls)

    async def _focus(self, node: Node) -> Press:
        try:
            is_done = await self._tree.bus.call(node, _COMPONENT, "GrabFocus", FLAG)
        except TimedOut:
            return "unconfirmed"
        except Unanswered:
            return "no action"
        return "pressed" if is_done else "no action"

    async def _set_toggle(self, facts: Facts, value: str) -> str:
        is_on, should_be_on = _is_on(facts), parse_toggle(value)
        if (
            is_on != should_be_on
            and await self._press(facts.node, _CLICKS_OF_CONTROLS) == "no action"
        ):
            raise explain_unsettable()
        return "on" if should_be_on else "off"

    async def _set_number(self, node: Node, value: str) -> str | None:
        """Set a number, and return what it is then; None if it has not changed."""
        number = parse_number(value)
        wanted = f"{number:g}"
        try:
            before = await self._format_number(node)
            await self._tree.bus.write_number(node, VALUE, "CurrentValue", number)
            now = await _read_until(wanted, lambda: self._format_number(node))
        except TimedOut:
            raise
        except Unanswered:
            return None
        # Chromium takes no number for the parts of a date.
        return None if now == before != wanted else now

    async def _format_number(self, node: Node) -> str:
        return f"{await self._listing.read_number(node):g}"

    async def _choose(self, node: Node, value: str) -> str:
        items = await self._tree.find(node, _ITEMS, (), MOST_ITEMS)
        names = await asyncio.gather(*map(self._tree.read_name, items))
        at = find_choice(names, value)
        if await self._press(items[at], _CLICKS_OF_CONTROLS) == "no action":
            raise explain_unsettable()
        return names[at]

    async def _set_text(self, facts: Facts, role: Role, value: str) -> str | None:
        try:
            body = (value,)
            is_done = await self._tree.bus.call(
                facts.node, _EDITABLE_TEXT, "SetTextContents", FLAG, "s", body
            )
        except TimedOut:
            raise
        except Unanswered:
            # Chromium offers it for no field.
            is_done = False
        if not is_done and role not in FIELDS:
            raise explain_unsettable()
        if not is_done:
            return None
        length = min(len(value) + 1, READ_LENGTH)
        expected = "" if role == "password field" else value[:length]
        return await _read_until(expected, lambda: self._listing.read_value(facts, role, length))

    async def _read_parts(self, node: Node) -> str:
        """Read the texts inside an object, such as those of a page, also what is scrolled away."""
        parts = await self._tree.find(node, _READABLE, (VISIBLE,), MOST_PARTS)
        names = await asyncio.gather(*map(self._tree.read_name, parts))
        return join_names(names)


async def _read_until(expected: str, read: Callable[[], Awaitable[str]]) -> str:
    """Read a value until it is the expected one; programs may need a moment."""
    for _ in range(_READ_STEPS):
        value = await read()
        if value == expected:
            break
        await asyncio.sleep(_STEP_SECONDS)
    return value


def _find_click(names: Sequence[str], clicks: Sequence[str]) -> int | None:
    folded = [name.casefold() for name in names]
    for word in clicks:
        if word in folded:
            return folded.index(word)
    return None


def _is_on(facts: Facts) -> bool:
    return facts.has(CHECKED) or facts.has(PRESSED)
