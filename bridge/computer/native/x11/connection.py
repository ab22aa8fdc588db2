"""Connect to the X server, or explain why that is not possible."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from bridge.errors import DesktopUnavailable

_REINSTALL = (
    "python-xlib and python3-xlib own the same files and have overwritten each other; repair: "
    "pip install --force-reinstall --no-deps python-xlib"
)


def open_display(environ: Mapping[str, str]) -> Any:
    """Open an `Xlib.display.Display` with the extensions XTEST and XKEYBOARD.

    Raises DesktopUnavailable without an X server, and under Wayland, where X programs see and
    control only other X programs.
    """
    name = environ.get("DISPLAY")
    if environ.get("WAYLAND_DISPLAY"):
        raise DesktopUnavailable(
            "This is a Wayland session, where no program can see or control the others. "
            "Log in to a session that is called “X11” or “Xorg”."
        )
    if not name:
        raise DesktopUnavailable(
            "There is no desktop: DISPLAY is not set. Start the bridge inside a desktop session, "
            "or give it a virtual one: xvfb-run claude-bridge"
        )
    display = _connect(name)
    missing = [name for name in ("XTEST", "XKEYBOARD") if not display.query_extension(name)]
    if missing:
        display.close()
        raise DesktopUnavailable(
            f"The X server {name} lacks {' and '.join(missing)}; start it without “-extension”."
        )
    return display


def import_xlib() -> Any:
    """Import `Xlib.display`. Raises DesktopUnavailable if its files mix two packages."""
    try:
        from Xlib import display
        from Xlib.ext import xtest  # noqa: F401  # a mix of packages may lack it
    except ImportError as error:
        raise DesktopUnavailable(f"Xlib cannot be imported ({error}): {_REINSTALL}") from error
    except (AttributeError, SyntaxError, TypeError) as error:
        raise DesktopUnavailable(f"Xlib is broken ({error}): {_REINSTALL}") from error
    return display


def _connect(name: str) -> Any:
    module = import_xlib()
    from Xlib.error import DisplayError, XauthError

    try:
        with provide_authority():
            return module.Display(name)
    except (DisplayError, XauthError, OSError) as error:
        raise DesktopUnavailable(
            f"The X server {name} cannot be reached: {error}. Is DISPLAY right, and may this "
            "user use it (xhost, XAUTHORITY)?"
        ) from error
    except (AttributeError, TypeError) as error:
        raise DesktopUnavailable(f"Xlib is broken ({error}): {_REINSTALL}") from error


@contextmanager
def provide_authority() -> Iterator[None]:
    """Provide a cookie file while a connection is opened, also pyautogui's.

    Xlib 0.15 fails without one, although many servers do not need a cookie.
    """
    import Xlib

    setting = os.environ.get("XAUTHORITY")
    path = Path(setting) if setting else Path(os.environ.get("HOME", "/")) / ".Xauthority"
    if tuple(Xlib.__version__) > (0, 15) or path.exists():
        yield
        return
    os.environ["XAUTHORITY"] = os.devnull
    try:
        # Xlib prints that it found no cookie; standard output may carry a protocol (MCP).
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.environ.pop("XAUTHORITY")
        if setting is not None:
            os.environ["XAUTHORITY"] = setting
