"""Copy text to the clipboard with a tool of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

_SECONDS = 5.0


class NoClipboard(Exception):
    """The text could not be copied; the message says what is missing."""


class Clipboard(Protocol):
    """A destination for copied text; `copy` raises NoClipboard."""

    def copy(self, text: str) -> None: ...


@dataclass(frozen=True)
class ToolClipboard:
    """A clipboard that passes the text to the stdin of a command."""

    argv: tuple[str, ...]
    encoding: str = "utf-8"

    def copy(self, text: str) -> None:
        try:
            # No pipes for the output: xclip and wl-copy stay in the background to serve the
            # clipboard. They would hold a pipe open, and `run` would wait for its end.
            subprocess.run(  # noqa: S603 - one of the fixed commands below
                self.argv,
                input=text.encode(self.encoding),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise NoClipboard(f"{self.argv[0]} failed: {error}") from error


@dataclass(frozen=True)
class MissingClipboard:
    """Replacement while no tool is installed: `copy` raises NoClipboard."""

    message: str

    def copy(self, text: str) -> None:
        raise NoClipboard(self.message)


def find_clipboard(
    environ: Mapping[str, str] = os.environ,
    which: Callable[[str], str | None] = shutil.which,
) -> Clipboard:
    """Return the clipboard of this session, or one whose error names what to install."""
    if sys.platform == "win32":
        return ToolClipboard(("clip",), "utf-16-le")
    if sys.platform == "darwin":
        return ToolClipboard(("pbcopy",))
    return _find_linux_clipboard(environ, which)


def _find_linux_clipboard(
    environ: Mapping[str, str], which: Callable[[str], str | None]
) -> Clipboard:
    wayland: list[tuple[str, ...]] = [("wl-copy",)] if environ.get("WAYLAND_DISPLAY") else []
    x11: list[tuple[str, ...]] = [
        ("xclip", "-selection", "clipboard"),
        ("xsel", "--clipboard", "--input"),
    ]
    for argv in wayland + (x11 if environ.get("DISPLAY") else []):
        if which(argv[0]):
            return ToolClipboard(argv)
    package = "wl-clipboard" if environ.get("WAYLAND_DISPLAY") else "xclip"
    return MissingClipboard(f"To copy from the menu, install {package}.")
