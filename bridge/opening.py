"""Open the bridge's own pages in a browser, and files in the user's programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path


def build_page_url(url: str, ticket: str, page: str = "/") -> str:
    """Return the page's URL with a ticket, which the page exchanges for the control token."""
    # A browser sends the part after # to no server, so it appears in no log. The page removes it
    # from the address bar.
    return f"{url}{page}#ticket={ticket}" if ticket else f"{url}{page}"


def read_token(path: Path) -> str:
    """Return the control token; empty if no server was ever started."""
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return ""


def open_page(url: str, ticket: str, page: str = "/") -> bool:
    """Open a page in the browser; return whether a browser was found."""
    return webbrowser.open(build_page_url(url, ticket, page))


def open_file(path: Path) -> bool:
    """Open a file in the user's program for it; return whether there was one."""
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606 - the way to open a file on Windows
        return True
    program = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if program is None:
        return False
    # Not waited for: some of these programs run until the file is closed.
    subprocess.Popen(  # noqa: S603 - the desktop's own opener
        [program, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return True
