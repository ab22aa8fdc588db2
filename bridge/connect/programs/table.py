"""All rows, in the order in which they are shown."""

from __future__ import annotations

import fnmatch
from functools import lru_cache

from bridge.connect.programs.agents import AGENTS
from bridge.connect.programs.apps import APPS, DICTATION, EDITORS
from bridge.connect.programs.general import CODE, VARIABLES
from bridge.connect.programs.mcp import MCP
from bridge.connect.programs.row import PROVIDER, Row
from bridge.connect.programs.terminal import TERMINAL_PROGRAMS

ROWS: tuple[Row, ...] = (
    *TERMINAL_PROGRAMS,
    *AGENTS,
    *EDITORS,
    *APPS,
    *DICTATION,
    *CODE,
    *VARIABLES,
    *MCP,
)


def find_row(name: str) -> Row | None:
    """Return the row of this name."""
    return next((row for row in ROWS if row.name == name), None)


def identify_program(client: str, credential: str, name: str) -> str | None:
    """Return the name of the program that sent a request.

    By the key or the header (`name`) that was written for it, or by its User-Agent, as far as that
    is its own: many programs send that of a library.
    """
    if credential.startswith(f"{PROVIDER}-"):
        name = credential.removeprefix(f"{PROVIDER}-")
    row = find_row(name) if name else None
    return row.name if row is not None and row.is_program else _identify_by_agent(client)


# Bounded: a program may send another User-Agent with each request.
@lru_cache(256)
def _identify_by_agent(client: str) -> str | None:
    names = (
        row.name
        for row in ROWS
        if any(fnmatch.fnmatchcase(client, pattern) for pattern in row.agents)
    )
    return next(names, None)
