"""Decides which requests use this computer, and with what options."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from bridge.agent.backend import ComputerUse
from bridge.agent.loop import Limits
from bridge.computer.approval.asker import Asker
from bridge.errors import InvalidRequest
from bridge.models.names import ResolvedModel
from bridge.server.answers.routing import resolve_request, uses_computer
from bridge.server.http.asker import identify_asker
from bridge.server.request_record import Caller, read_client_name
from bridge.server.state import BRIDGE, Bridge

SUFFIX = "+computer"
"""Appended to a model's name, it turns computer use on."""


def split_suffix(name: str) -> tuple[str, bool]:
    """Return a model's name without the suffix for computer use, and whether it had it."""
    name = name.strip()
    has_suffix = name.lower().endswith(SUFFIX)
    return (name[: -len(SUFFIX)] if has_suffix else name), has_suffix


async def resolve_with_computer(
    request: web.Request, caller: Caller, name: str, computer_use: bool | None
) -> tuple[ResolvedModel, ComputerUse | None]:
    """Resolve a model's name, and build the options if the request uses this computer.

    To be called while the client is connected: the asker is found by the connection. Raises what
    `resolve_request` raises, RefusedByRule if the user's rule forbids computer use, and Forbidden
    for an asker who may not use this computer.
    """
    bridge, (plain, has_suffix) = request.app[BRIDGE], split_suffix(name)
    resolved = resolve_request(bridge, caller, plain)
    if not uses_computer(resolved, is_requested=bool(computer_use) or has_suffix):
        return resolved, None
    if resolved.rule is not None and resolved.rule.computer:
        notice = f"computer_use: the rule “{resolved.rule.name}” turns it on"
        resolved = replace(resolved, notices=(*resolved.notices, notice))
    asker = await identify_asker(request, read_client_name(request))
    return resolved, build_computer_use(bridge, asker)


def build_computer_use(
    bridge: Bridge, asker: Asker, *, dry_run: bool = False, pauses: bool = False
) -> ComputerUse:
    """Build the options from the settings; see `ComputerUse` for the others."""
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
        pauses,
    )


def check_single_choice(computer_use: ComputerUse | None, count: int | None) -> None:
    """Raise InvalidRequest if several choices would use the one desktop."""
    if computer_use is not None and (count or 1) > 1:
        raise InvalidRequest("Computer use supports n=1 only: there is one desktop.", param="n")
