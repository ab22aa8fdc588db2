"""A connection to the X server, or a sentence that says why there is none."""

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
    """An `Xlib.display.Display` with the extensions XTEST and XKEYBOARD.

    Raises DesktopUnavailable where there is none, and under Wayland, where an X program sees
    and reaches only other X programs.
    """
    name = environ.get("DISPLAY")
    if environ.get("WAYLAND_DISPLAY"):
        raise DesktopUnavailable(
            "This is a Wayland session, which lets no program see or use the others. "
            "Log in to a session that is called “X11” or “Xorg”."
        )
    if not name:
        raise DesktopUnavailable(
            "There is no desktop: DISPLAY is not set. Start the bridge inside a desktop session, "
            "or give it one of its own: xvfb-run claude-bridge"
        )
    display = _connect(name)
    missing = [one for one in ("XTEST", "XKEYBOARD") if not display.query_extension(one)]
    if missing:
        display.close()
        raise DesktopUnavailable(
            f"The X server {name} lacks {' and '.join(missing)}; start it without “-extension”."
        )
    return display


def import_xlib() -> Any:
    """Xlib's `display` module. Raises DesktopUnavailable if its files are a mix of two packages."""
    try:
        from Xlib import display
        from Xlib.ext import xtest  # noqa: F401  # a part that a broken mix may lack
    except ImportError as error:
        raise DesktopUnavailable(f"Xlib cannot be imported ({error}): {_REINSTALL}") from error
    except (AttributeError, SyntaxError, TypeError) as error:
        raise DesktopUnavailable(f"Xlib is broken ({error}): {_REINSTALL}") from error
    return display


def _connect(name: str) -> Any:
    module = import_xlib()
    from Xlib.error import DisplayError, XauthError

    try:
        with authority():
            return module.Display(name)
    except (DisplayError, XauthError, OSError) as error:
        raise DesktopUnavailable(
            f"The X server {name} cannot be reached: {error}. Is DISPLAY right, and may this "
            "user use it (xhost, XAUTHORITY)?"
        ) from error
    except (AttributeError, TypeError) as error:
        raise DesktopUnavailable(f"Xlib is broken ({error}): {_REINSTALL}") from error


@contextmanager
def authority() -> Iterator[None]:
    """Surrounds each connection, pyautogui's as well.

    Xlib 0.15 fails without a file of cookies, although many servers ask for none.
    """
    import Xlib

    named = os.environ.get("XAUTHORITY")
    path = Path(named) if named else Path(os.environ.get("HOME", "/")) / ".Xauthority"
    if tuple(Xlib.__version__) > (0, 15) or path.exists():
        yield
        return
    os.environ["XAUTHORITY"] = os.devnull
    try:
        # It prints that it found no cookie; standard output may be a protocol's.
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.environ.pop("XAUTHORITY")
        if named is not None:
            os.environ["XAUTHORITY"] = named
