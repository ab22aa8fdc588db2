"""Press elements, set their values and read their texts, without pointer and keyboard."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from bridge.computer.desktop import Window
from bridge.computer.elements.base import FIELDS, READ_LENGTH, Press, Progress
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
)
from bridge.computer.elements.walking.facts import Facts, read_text
from bridge.computer.elements.walking.node import Node, TimedOut, Unanswered
from bridge.computer.elements.walking.tree import Search, Tree, is_hidden
from bridge.computer.elements.walking.worker import Late

_Result = TypeVar("_Result")

_READ_STEPS = 6
_STEP_SECONDS = 0.01


class Actor:
    """Every method raises Unanswered, and InvalidRequest for what cannot be done.

    The object is compared with what was listed right before it is used.
    """

    def __init__(self, tree: Tree, window: Window) -> None:
        self._tree, self._area = tree, window.whole

    def check(self, id: str, known: KnownObject[Node]) -> Facts:
        """Return an object as it is now. Raises InvalidRequest if it is another element."""
        try:
            facts = self._tree.read_in_sight(known.node, self._area)
        except (TimedOut, Late):
            raise
        except Unanswered as error:
            raise explain_gone(id, known.name) from error
        if (facts.role, facts.lasting_name) != (known.role, known.name):
            raise explain_gone(id, known.name)
        return facts

    def press(self, id: str, known: KnownObject[Node], progress: Progress) -> Press:
        """Do what a click does; `progress` tells whether the program may have done it."""
        facts = self._check_usable(id, known)
        node = facts.node
        if facts.role in FIELDS:
            # A click on a field moves the cursor into it.
            act = node.focus
        elif facts.role in SELECTED:
            act = node.select
        else:
            act = node.press
        progress.is_sent = True
        try:
            return "pressed" if act() else "no action"
        except TimedOut:
            return "unconfirmed"

    def focus(self, id: str, known: KnownObject[Node]) -> bool:
        """Move the keyboard of its window to an element; return False if that is not offered."""
        return self._check_usable(id, known).node.focus()

    def set_value(self, id: str, known: KnownObject[Node], value: str) -> str | None:
        """Set the value that fits the role; return what it is then.

        None for a field whose program does not let its text be set.
        """
        facts = self._check_usable(id, known)
        if facts.role in TOGGLES:
            return self._set_toggle(facts, value)
        if facts.role == "slider":
            return self._set_number(facts, value)
        if facts.role in CHOICES:
            return self._choose(facts, value)
        return self._set_text(facts, value)

    def read_text(self, id: str, known: KnownObject[Node]) -> str:
        facts = self.check(id, known)
        if facts.role == "password field":
            raise explain_password()
        if facts.role == "slider":
            return facts.value
        self._tree.deadline.check()
        text = read_text(facts.node.read_text(READ_LENGTH), READ_LENGTH)
        if facts.role in FIELDS or text.strip():
            return text
        return self._read_parts(facts) or facts.name

    def _check_usable(self, id: str, known: KnownObject[Node]) -> Facts:
        """Check that an element is on the screen, or scroll it there, and that it is enabled."""
        facts = self.check(id, known)
        if "disabled" in facts.states:
            raise explain_disabled(id, known.name)
        if is_hidden(facts) and facts.node.scroll_into_view():
            facts = self._read_until(lambda: self.check(id, known), lambda now: not is_hidden(now))
        if is_hidden(facts):
            raise explain_hidden(id, known.name)
        # The caller may have been told by now that nothing was done.
        self._tree.deadline.check()
        return facts

    def _set_toggle(self, facts: Facts, value: str) -> str:
        should_be_on = parse_toggle(value)
        if ("checked" in facts.states) != should_be_on and not facts.node.press():
            raise explain_unsettable()
        return "on" if should_be_on else "off"

    def _set_number(self, facts: Facts, value: str) -> str:
        number = parse_number(value)
        if not facts.node.set_number(number):
            raise explain_unsettable()
        return self._read_value(facts, f"{number:g}")

    def _choose(self, facts: Facts, value: str) -> str:
        """Choose an item; a list that is closed may have none, so it is opened for that."""
        items = self._list_items(facts)
        is_opened = not items and facts.node.expand(expanded=True)
        if is_opened:
            items = self._read_until(lambda: self._list_items(facts), bool)
        try:
            at = find_choice([item.name for item in items], value)
            chosen = items[at]
            if not (chosen.node.select() or chosen.node.press()):
                raise explain_unsettable()
        finally:
            if is_opened:
                facts.node.expand(expanded=False)
        return chosen.name

    def _list_items(self, facts: Facts) -> list[Facts]:
        search = Search(ITEMS, self._area, shown=False, most=MOST_ITEMS)
        found = self._tree.find_below(facts.node, search)
        self._tree.deadline.check()
        return found.facts

    def _set_text(self, facts: Facts, value: str) -> str | None:
        if not facts.node.set_text(value):
            if facts.role not in FIELDS:
                raise explain_unsettable()
            return None
        if facts.role == "password field":
            return ""
        length = min(len(value) + 1, READ_LENGTH)
        return self._read_until(
            lambda: read_text(facts.node.read_text(length), length),
            lambda now: now == value[:length],
        )

    def _read_value(self, facts: Facts, expected: str) -> str:
        return self._read_until(
            lambda: self._tree.read(facts.node).value, lambda now: now == expected
        )

    def _read_until(
        self, read: Callable[[], _Result], is_expected: Callable[[_Result], bool]
    ) -> _Result:
        """Read until it is as expected; programs may need a moment."""
        for _ in range(_READ_STEPS):
            self._tree.deadline.check()
            value = read()
            if is_expected(value):
                break
            time.sleep(_STEP_SECONDS)
        return value

    def _read_parts(self, facts: Facts) -> str:
        """Read the texts inside an object, such as those of a page, also what is scrolled away."""
        search = Search(READABLE, self._area, shown=False, most=MOST_PARTS)
        parts = self._tree.find_below(facts.node, search).facts
        return join_names(part.name for part in parts)
