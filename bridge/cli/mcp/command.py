"""`claude-bridge mcp`: the command itself, which loads the MCP server only when it runs."""

from __future__ import annotations

import argparse

from bridge.cli.exit_codes import ExitCode
from bridge.cli.locate import add_address_flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `mcp`."""
    add_address_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve on stdin and stdout until the client closes them; return the exit code."""
    # Imported here, because the `mcp` package imports half of a web server.
    from bridge.cli.mcp.server import serve

    serve(arguments)
    return ExitCode.OK
