"""Decides which requests use this computer, and with what options."""

from __future__ import annotations

from bridge.agent.backend import ComputerUse
from bridge.agent.loop import Limits
from bridge.errors import InvalidRequest
from bridge.models.names import ResolvedModel
from bridge.server.state import Bridge

SUFFIX = "+computer"
"""Appended to a model's name, it turns computer use on."""


def resolve_computer_use(
    bridge: Bridge, name: str, computer_use: bool | None, asked_by: str
) -> tuple[ResolvedModel, ComputerUse | None]:
    """Resolve the model, and build the options if computer use is requested.

    Raises ModelNotFound.
    """
    is_requested = bool(computer_use) or name.strip().endswith(SUFFIX)
    resolved = bridge.resolve(name.strip().removesuffix(SUFFIX))
    return resolved, build_computer_use(bridge, asked_by) if is_requested else None


def build_computer_use(bridge: Bridge, asked_by: str, *, dry_run: bool = False) -> ComputerUse:
    """Build the options from the settings."""
    settings = bridge.settings
    limits = Limits(
        settings.computer_max_steps,
        settings.computer_max_minutes * 60,
        settings.computer_max_dollars,
    )
    return ComputerUse(
        bridge.computer,
        asked_by,
        limits,
        bridge.find_rules,
        settings.computer_format,
        settings.computer_monitor,
        dry_run,
    )


def check_single_choice(computer_use: ComputerUse | None, count: int | None) -> None:
    """Raise InvalidRequest if several choices would use the one desktop."""
    if computer_use is not None and (count or 1) > 1:
        raise InvalidRequest("Computer use supports n=1 only: there is one desktop.", param="n")
