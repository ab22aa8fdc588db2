"""Which requests get this desktop into their hands, and how far."""

from __future__ import annotations

from bridge.agent.backend import ComputerUse
from bridge.agent.loop import Limits
from bridge.errors import InvalidRequest
from bridge.models.names import ResolvedModel
from bridge.server.state import Bridge

SUFFIX = "+computer"
"""Behind a model's name: that model, with this desktop."""


def resolve_computer_use(
    bridge: Bridge, name: str, computer_use: bool | None, asked_by: str
) -> tuple[ResolvedModel, ComputerUse | None]:
    """The model a client names, and hands where it wants them. Raises ModelNotFound."""
    wanted = bool(computer_use) or name.strip().endswith(SUFFIX)
    resolved = bridge.resolve(name.strip().removesuffix(SUFFIX))
    return resolved, build_computer_use(bridge, asked_by) if wanted else None


def build_computer_use(bridge: Bridge, asked_by: str, *, dry_run: bool = False) -> ComputerUse:
    """This desktop, as the settings say."""
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
        bridge.rules,
        settings.computer_format,
        settings.computer_monitor,
        dry_run,
    )


def check_single_choice(computer_use: ComputerUse | None, count: int | None) -> None:
    """Raises InvalidRequest where several answers would use the one desktop."""
    if computer_use is not None and (count or 1) > 1:
        raise InvalidRequest("Computer use gives one answer at a time.", param="n")
