"""Windows' UI Automation through comtypes, with its timeouts and its errors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bridge.computer.elements.walking.node import TimedOut, Unanswered

CONNECTION_MILLISECONDS = 100
"""Longest time for a program to begin to answer; Windows' own default is 2 s."""
TRANSACTION_MILLISECONDS = 150
"""Longest time of one call; Windows' own default is 20 s."""
_TIMEOUT = 0x80131505
"""UIA_E_TIMEOUT"""
_MULTITHREADED = 0
"""COINIT_MULTITHREADED, which Microsoft asks of clients."""


@dataclass(frozen=True, slots=True)
class Client:
    """What comtypes makes of UI Automation's type library, and the object to begin with."""

    module: Any
    automation: Any
    error: type[Exception]
    """What comtypes raises for a call that fails."""

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Raise Unanswered for all that a call raises."""
        try:
            yield
        except self.error as error:
            hresult = getattr(error, "hresult", 0)
            kind = TimedOut if hresult & 0xFFFFFFFF == _TIMEOUT else Unanswered
            raise kind(f"UI Automation gave an error: {hresult & 0xFFFFFFFF:#010x}.") from error
        except (ValueError, OSError) as error:
            # A pointer without an object, and a program that has ended.
            raise Unanswered("UI Automation gave no object.") from error


def open_client() -> Client:
    """Open UI Automation in the thread that calls; raises anything."""
    comtypes = _import_comtypes()
    from comtypes import client

    # Makes the module when it is first called, which takes a second or two.
    module = client.GetModule("UIAutomationCore.dll")
    automation = client.CreateObject(module.CUIAutomation8, interface=module.IUIAutomation2)
    automation.ConnectionTimeout = CONNECTION_MILLISECONDS
    automation.TransactionTimeout = TRANSACTION_MILLISECONDS
    return Client(module, automation, comtypes.COMError)


def _import_comtypes() -> Any:
    """Import comtypes, which opens COM for the thread that imports it first, as this flag says."""
    before = getattr(sys, "coinit_flags", None)
    vars(sys)["coinit_flags"] = _MULTITHREADED
    try:
        import comtypes
    finally:
        if before is None:
            del vars(sys)["coinit_flags"]
        else:
            vars(sys)["coinit_flags"] = before
    comtypes.CoInitializeEx(_MULTITHREADED)
    return comtypes
