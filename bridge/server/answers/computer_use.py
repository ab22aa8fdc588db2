"""Decides which requests use this computer, and with what options."""

from __future__ import annotations

from aiohttp import web

from bridge.agent.backend import ComputerUse
from bridge.agent.loop import Limits
from bridge.computer.approval.asker import Asker
from bridge.errors import InvalidRequest
from bridge.models.names import ResolvedModel
from bridge.server.http.asker import identify_asker
from bridge.server.request_record import read_client_name
from bridge.server.state import BRIDGE, Bridge

SUFFIX = "+computer"
"""Appended to a model's name, it turns computer use on."""


def resolve_model(bridge: Bridge, name: str) -> ResolvedModel:
    """Resolve a model's name without the suffix for computer use. Raises ModelNotFound."""
    return bridge.resolve(split_suffix(name)[0])


def split_suffix(name: str) -> tuple[str, bool]:
    """Return a model's name without the suffix for computer use, and whether it had it."""
    name = name.strip()
    has_suffix = name.lower().endswith(SUFFIX)
    return (name[: -len(SUFFIX)] if has_suffix else name), has_suffix


async def prepare_computer_use(
    request: web.Request, name: str, computer_use: bool | None
) -> ComputerUse | None:
    """Build the options if the request uses this computer; None if it does not.

    To be called while the client is connected: the asker is found by the connection. Raises
    Forbidden for an asker who may not use this computer.
    """
    if not computer_use and not split_suffix(name)[1]:
        return None
    asker = await identify_asker(request, read_client_name(request))
    return build_computer_use(request.app[BRIDGE], asker)


def build_computer_use(bridge: Bridge, asker: Asker, *, dry_run: bool = False) -> ComputerUse:
    """Build the options from the settings."""
    settings = bridge.settings
    limits = Limits(
        settings.computer_max_steps,
        settings.computer_max_minutes * 60,
        settings.computer_max_dollars,
    )
    return ComputerUse(
        bridge.computer,
        asker,
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
