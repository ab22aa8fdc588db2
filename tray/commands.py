"""The commands that the menu and the notifications offer."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from bridge.wire.computer_status import Mode
from bridge.wire.health import BackendSetting
from bridge.wire.usage import Agreement


@dataclass(frozen=True)
class Start:
    """Start the server or attach to a running one; on another port if one is given."""

    port: int | None = None


@dataclass(frozen=True)
class Stop:
    """Let the server finish its requests and end."""


@dataclass(frozen=True)
class Restart:
    """Stop, then start."""


@dataclass(frozen=True)
class Quit:
    """End the tray, and the server if the tray started it.

    The second Quit does not wait for active requests.
    """


@dataclass(frozen=True)
class Switch:
    """Change the running server from its next request on; None leaves a switch as it is."""

    model: str | None = None
    backend: BackendSetting | None = None
    sign_in: str | None = None
    use_for_everything: bool | None = None
    paused: bool | None = None

    def as_changes(self) -> dict[str, Any]:
        """Return the changes by the names of `POST /control/switches`."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class UseComputer:
    """Set the mode of computer use; `minutes` goes with `allowed` only."""

    mode: Mode
    minutes: int | None = None

    def as_changes(self) -> dict[str, Any]:
        """Return the change as `POST /control/switches` takes it."""
        change: dict[str, Any] = {"mode": self.mode}
        if self.minutes is not None:
            change["minutes"] = self.minutes
        return {"computer": change}


@dataclass(frozen=True)
class StopComputer:
    """Stop computer use now, and turn it off."""


@dataclass(frozen=True)
class ResumeComputer:
    """Continue what is paused because the mouse was moved."""


@dataclass(frozen=True)
class Decide:
    """Approve or deny a batch of computer actions."""

    batch: str
    approved: bool
    digest: str = ""
    """Of what was shown; the server refuses a decision on anything else."""


@dataclass(frozen=True)
class AllowExtraUsage:
    """Agree to use that costs money beyond the plan: for a window, always, or no more."""

    agreement: Agreement
    account: str
    """The sign-in whose plan it is."""


@dataclass(frozen=True)
class Copy:
    """Copy the base URL, the access key, or the example for a client."""

    what: Literal["url", "key", "snippet"]
    client: str = ""


@dataclass(frozen=True)
class ConnectProgram:
    """Write the bridge into a program's settings, or undo it."""

    name: str
    undo: bool = False


@dataclass(frozen=True)
class InstallTalon:
    """Install the voice commands into Talon's user folder."""


@dataclass(frozen=True)
class Open:
    """Open a page of the server, or a file."""

    what: Literal["dashboard", "setup", "accounts", "logs", "settings"]


@dataclass(frozen=True)
class ShowCode:
    """Show a code that unlocks a page of the bridge which is open already."""


@dataclass(frozen=True)
class RecordRequests:
    """Record requests with their content for `/inspect`, or stop and drop what is recorded."""

    on: bool


@dataclass(frozen=True)
class StartAtLogin:
    """Turn start at login on or off."""

    on: bool


@dataclass(frozen=True)
class Refresh:
    """Fetch everything that the menu shows, because the user opens it."""


Command = (
    Start | Stop | Restart | Quit | Switch | UseComputer | StopComputer | ResumeComputer | Decide
    | AllowExtraUsage | ConnectProgram | Copy | InstallTalon | Open | ShowCode | RecordRequests
    | StartAtLogin | Refresh
)  # fmt: skip
