"""Files that a browser is started with: each leads to a page of the bridge, with a ticket.

An address on the browser's command line could be read by every user of the computer. The name of
such a file can be read, too, but not its content: the file is 0600 in a 0700 folder. It is removed
when its ticket is redeemed or has expired. Jupyter opens its pages in the same way.
"""

from __future__ import annotations

import asyncio
import html
import logging
import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

from bridge.private_modes import create_folder, open_private
from bridge.store.tickets import SECONDS

_log = logging.getLogger(__name__)

FOLDER = "claude-bridge-pages"
"""The folder in a snap's own files; in the data folder it is `pages`."""
_SNAP_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url={url}">
<title>Claude Bridge</title>
<p>Opening <a href="{url}">Claude Bridge</a>…</p>
<p>This link works once, within a minute. For another one, run: claude-bridge dashboard --url</p>
"""


class RedirectFiles:
    """All files of this server that exist, by ticket."""

    def __init__(self) -> None:
        self._removals: dict[str, tuple[Path, asyncio.TimerHandle]] = {}
        self._removing: set[asyncio.Task[None]] = set()

    async def create(self, folder: Path, url: str, ticket: str) -> Path:
        """Write a file that leads to `url`, and remove it in a minute. Raises OSError."""
        path = await asyncio.to_thread(write_redirect_file, folder, url)
        loop = asyncio.get_running_loop()
        self._removals[ticket] = (path, loop.call_later(SECONDS, self.remove, ticket))
        return path

    def remove(self, ticket: str) -> None:
        """Remove the file of a ticket, if it has one; the disk is not waited for."""
        if ticket in self._removals:
            path, timer = self._removals.pop(ticket)
            timer.cancel()
            task = asyncio.ensure_future(asyncio.to_thread(_remove_file, path))
            self._removing.add(task)
            task.add_done_callback(self._removing.discard)

    async def close(self) -> None:
        """Remove all files."""
        for ticket in list(self._removals):
            self.remove(ticket)
        await asyncio.gather(*self._removing)


def find_snap_folder(snap: str, home: Path) -> Path | None:
    """Return the folder for a browser from a snap; None if there is no such snap.

    Such a browser cannot read hidden folders, as the data folder is in one, but its own files.
    https://github.com/jupyter/notebook/issues/5479
    """
    common = home / "snap" / snap / "common"
    return common / FOLDER if _SNAP_NAME.fullmatch(snap) and common.is_dir() else None


def write_redirect_file(folder: Path, url: str) -> Path:
    """Write a file that leads to `url`, and remove old ones that a crash left. Raises OSError."""
    create_folder(folder)
    # It may exist with other permissions, from a backup for example.
    folder.chmod(0o700)
    _remove_old_files(folder)
    path = folder / f"open-{secrets.token_hex(8)}.html"
    with os.fdopen(open_private(path, os.O_WRONLY | os.O_EXCL), "w", encoding="utf-8") as file:
        file.write(_PAGE.format(url=html.escape(url)))
    return path


def _remove_old_files(folder: Path) -> None:
    # By the clock of the disk, twice as long as tickets are valid.
    oldest = time.time() - 2 * SECONDS
    for path in folder.glob("open-*.html"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                _remove_file(path)


def _remove_file(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        # On Windows a file cannot be removed while the browser reads it.
        _log.info("Cannot remove %s: %s. The ticket in it is worthless.", path, error.strerror)
