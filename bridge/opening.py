"""Open the bridge's own pages in a browser, and files in the user's programs."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

from bridge.private_files import read_file

_XDG_SECONDS = 3.0


def build_page_url(url: str, ticket: str, page: str = "/") -> str:
    """Return the page's URL with a ticket, which the page exchanges for a session.

    Show it to the user only, and start no program with it: others can read command lines.
    """
    # A browser sends the part after # to no server, so it appears in no log. The page removes it
    # from the address bar.
    return f"{url}{page}#ticket={ticket}" if ticket else f"{url}{page}"


def read_token(path: Path) -> str:
    """Return the control token; empty if no server was ever started, or the file is damaged."""
    try:
        token = read_file(path).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    # It becomes a header, which can have no other characters.
    return token if token.isprintable() and " " not in token else ""


def open_page(create_file: Callable[[str, str | None], str], page: str = "/") -> bool:
    """Open a page of the bridge, signed in; return whether a browser was found.

    `create_file` has the server write a file that leads to the page with a ticket, and returns its
    path; its arguments are the page and the name of the browser's snap.
    """
    # The browser gets the name of the file only: other users of the computer can read the command
    # lines of all processes, but not the file.
    return webbrowser.open(Path(create_file(page, find_browser_snap())).as_uri())


def find_browser_snap() -> str | None:
    """Return the snap that the default browser may be from; None if it is from none.

    A browser from a snap can read its own files and no hidden folders. Any other browser can read
    the files of a snap as well, so a wrong guess does no harm.
    """
    if sys.platform != "linux":
        return None
    name = _name_browser()
    is_snap = bool(name) and (Path.home() / "snap" / name / "common").is_dir()
    return name if is_snap else None


def _name_browser() -> str:
    """Return the name of the default browser's program or package; empty if it is unknown."""
    if chosen := os.environ.get("BROWSER"):
        try:
            words = shlex.split(chosen.split(os.pathsep)[0])
        except ValueError:
            words = []
        return Path(words[0]).name if words else ""
    try:
        result = subprocess.run(
            ["xdg-settings", "get", "default-web-browser"],  # noqa: S607 - the desktop's own
            capture_output=True,
            text=True,
            timeout=_XDG_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    # `firefox_firefox.desktop` for a snap, of which the first part is the name.
    return result.stdout.strip().removesuffix(".desktop").partition("_")[0]


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
