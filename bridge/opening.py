"""Opens the bridge's own pages, with a ticket for the token that lets them change it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path


def page_url(url: str, ticket: str, page: str = "/") -> str:
    """Behind the # it goes to no server and into no log; the page takes it out of the address."""
    return f"{url}{page}#ticket={ticket}" if ticket else f"{url}{page}"


def read_token(path: Path) -> str:
    """The control token, or nothing where no server was ever started."""
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return ""


def open_page(url: str, ticket: str, page: str = "/") -> bool:
    """Whether a browser could be told to."""
    return webbrowser.open(page_url(url, ticket, page))


def open_file(path: Path) -> bool:
    """In the program the person has for it; whether there was one to tell."""
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606 - that is how Windows opens
        return True
    program = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if program is None:
        return False
    # On its own: some of these stay until the file is closed again.
    subprocess.Popen(  # noqa: S603 - the desktop's own
        [program, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return True
