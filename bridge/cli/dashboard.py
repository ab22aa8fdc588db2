"""`claude-bridge dashboard`: open the dashboard in the browser, with access to its controls."""

from __future__ import annotations

import argparse
import sys

from bridge.cli.client import NOT_RUNNING, NotRunning, RequestRefused, format_url, open_client
from bridge.cli.flags import USAGE
from bridge.opening import open_page
from bridge.settings import Settings

_TIMEOUT_SECONDS = 10.0


def add_dashboard_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], flags: argparse.ArgumentParser
) -> None:
    """Add the parser of `dashboard`."""
    parser = commands.add_parser(
        "dashboard", parents=[flags], usage=f"{USAGE} [--setup]", help="open the dashboard"
    )
    parser.add_argument("--setup", action="store_true", help="open the set-up page instead")


def run_dashboard(settings: Settings, arguments: argparse.Namespace) -> int:
    """Open the page with a one-time ticket for the control token; return the exit code."""
    url = format_url(settings)
    page = "/setup" if arguments.setup else "/"
    # A ticket, because a token in an address would stay in the browser's history.
    client = open_client(settings, timeout=_TIMEOUT_SECONDS)
    try:
        ticket = client.send("POST", "/control/tickets", {}).json()["ticket"]
    except (NotRunning, RequestRefused) as error:
        print(error, file=sys.stderr)
        return NOT_RUNNING if isinstance(error, NotRunning) else 1
    finally:
        client.close()
    if not open_page(url, ticket, page):
        print(f"No browser could be opened. Go to {url}{page}", file=sys.stderr)
        return 1
    return 0
