"""Switches that the user changed in the menu, until /health shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tray.status import Status

_CHOICES = ("model", "backend", "sign_in", "use_for_everything")
"""Shown at once, and kept for a restart.

Not `paused` and `computer`: they say what the server does not do, which is true only once it has
accepted them; and a new server accepts requests and has computer use off.
"""


@dataclass
class SwitchChanges:
    """Changes by the names of `POST /control/switches`; `computer` is the mode.

    The values in use are those of the last health report; this is only the patch to them.
    """

    # The life of a change: `request` at the click, which shows a choice at once; then `accept` or
    # `reject` when the server has replied; then `settle` with each health report. An accepted
    # change is shown, and dropped at the first report that was requested after the server accepted
    # it: from then on, the server's own value is shown, whatever it is.

    _pending: dict[str, Any] = field(default_factory=dict)
    _accepted_at: dict[str, float] = field(default_factory=dict)
    _for_restart: dict[str, Any] = field(default_factory=dict)

    def request(self, changes: Mapping[str, Any]) -> None:
        """Show the choices among the changes, although the server has not replied yet."""
        for name, value in changes.items():
            if name in _CHOICES:
                self._pending[name] = value
                self._accepted_at.pop(name, None)

    def accept(self, changes: Mapping[str, Any], now: float) -> None:
        """Record that the server took the changes; `now` is on the poller's clock."""
        for name, value in changes.items():
            if name in _CHOICES:
                self._for_restart[name] = value
            else:
                self._pending[name] = value
            # A later click may have replaced the value already.
            if name in self._pending and self._pending[name] == value:
                self._accepted_at[name] = now

    def reject(self, changes: Mapping[str, Any]) -> None:
        """Show the server's values again."""
        for name, value in changes.items():
            if name in self._pending and self._pending[name] == value:
                del self._pending[name]

    def settle(self, requested_at: float) -> None:
        """Drop the changes that a health report requested at this time includes."""
        for name, accepted_at in list(self._accepted_at.items()):
            if requested_at >= accepted_at:
                del self._accepted_at[name]
                self._pending.pop(name, None)

    def apply_to(self, status: Status) -> Status:
        """Return the status of a running server with the pending changes in it."""
        if status.state != "running":
            return status
        changes = dict(self._pending)
        if "backend" in changes:
            changes["setting"] = changes.pop("backend")
        mode = changes.pop("computer", None)
        if mode is not None and status.computer is not None:
            changes["computer"] = replace(status.computer, mode=mode)
        return replace(status, **changes)

    def as_flags(self) -> list[str]:
        """Return the flags with which a new server starts with the same choices."""
        return [
            word
            for name, value in self._for_restart.items()
            for word in (f"--{name.replace('_', '-')}", str(value))
        ]
