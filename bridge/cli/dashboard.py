"""`claude-bridge dashboard`: open the dashboard in the browser, with access to its controls."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from bridge.cli.client import BridgeClient, open_client
from bridge.cli.locate import add_address_flags
from bridge.cli.text import clean_line
from bridge.opening import build_page_url, open_page

_TIMEOUT_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `dashboard`."""
    add_address_flags(parser)
    pages = parser.add_mutually_exclusive_group()
    pages.add_argument("--setup", action="store_true", help="open the set-up page instead")
    pages.add_argument("--inspect", action="store_true", help="open the recorded requests instead")
    parser.add_argument(
        "--url", action="store_true", help="print a link that works once, for any browser"
    )


def run(arguments: argparse.Namespace) -> int:
    """Open the page with a one-time ticket for a session; return the exit code."""
    page = "/setup" if arguments.setup else "/inspect" if arguments.inspect else "/"
    with closing(open_client(arguments, timeout=_TIMEOUT_SECONDS)) as client:
        return _print_link(client, page) if arguments.url else _open_browser(client, page)


def _open_browser(client: BridgeClient, page: str) -> int:
    if not open_page(client.create_redirect_file, page):
        print("No browser could be opened. Open this link within a minute:", file=sys.stderr)
        _print_link(client, page)
        return 1
    print(
        "If the page stays empty, your browser cannot read files in hidden folders. Then run this, "
        "and open the link that it prints: claude-bridge dashboard --url"
    )
    _print_code(client)
    return 0


def _print_code(client: BridgeClient) -> None:
    """Print a code for a page that the user has opened by its address."""
    code = client.send("POST", "/control/codes", {}).json()["code"]
    print(f"To unlock a page that is open already, enter this code within 5 minutes: {code}")


def _print_link(client: BridgeClient, page: str) -> int:
    # Only to the terminal: as a browser's argument, other users of the computer could read it.
    ticket = client.send("POST", "/control/tickets", {"page": page}).json()["ticket"]
    print(clean_line(build_page_url(client.url, ticket, page)))
    return 0
