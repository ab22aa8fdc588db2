"""Pasting through the portal, with programs that do not take what they asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from dbus_fast import Variant

from bridge.computer.native.portal import clipboard
from bridge.computer.native.portal.bus import PortalError
from bridge.computer.native.portal.clipboard import PortalPasting
from bridge.errors import InvalidRequest


class Desktop:
    """A session and its bus, whose clipboard takes whatever is set."""

    path = "/session"

    def __init__(self) -> None:
        self.bus = self
        self.selection: dict[str, Variant] = {}
        self.note_selection: Callable[[], object] = bool
        self.transfer: Callable[[str, str, int], None]
        self.ask: Callable[[], int] = self.refuse

    def listen(self, _interface: str, _member: str, listener: Callable[..., None]) -> None:
        self.transfer = listener

    def call(self, _interface: str, member: str, _signature: str, *_values: Any) -> list[Any]:
        if member == "SetSelection":
            self.selection = {"session_is_owner": Variant("b", True)}
            self.note_selection()
        return [self.ask()] if member == "SelectionWrite" else []

    def refuse(self) -> int:
        raise PortalError("The program has gone.")

    def break_off(self) -> int:
        reading, writing = os.pipe()
        os.close(reading)
        return writing


@pytest.mark.parametrize("fails", ["refuse", "break_off"])
def test_a_program_that_goes_has_not_taken_the_text(
    fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "_PASTE_SECONDS", 0.3)
    desktop = Desktop()
    desktop.ask = getattr(desktop, fails)
    session: Any = desktop
    pasting = PortalPasting(session)
    with pytest.raises(InvalidRequest, match="did not take the text"):
        pasting.paste("Hello", lambda: desktop.transfer("/session", "text/plain", 1))
    pasting.close()
