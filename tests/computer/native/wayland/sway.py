"""A headless Sway for tests, run as an ordinary user: it refuses to run as root."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.desktop import need_program, runtime_folder

_NOBODY = 65534
_HANG_SECONDS = 30.0
_CONFIG = """
output HEADLESS-1 resolution {size} position 0 0
output HEADLESS-1 bg #336699 solid_color
default_border none
focus_follows_mouse no
seat seat0 fallback true
xwayland disable
"""


@contextmanager
def run_sway(size: str = "1920x1080") -> Iterator[Mapping[str, str]]:
    """Yield the variables of a session with one output, which programs and the bridge need."""
    need_program("sway")
    with runtime_folder() as name:
        folder = Path(name)
        (folder / "config").write_text(_CONFIG.format(size=size), "utf-8")
        session = {"XDG_RUNTIME_DIR": name, "SWAYSOCK": f"{name}/ipc.sock", "HOME": name}
        headless = {"WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1"}
        words = ["sway", "--config", f"{name}/config"]
        if os.getuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
            user = (f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
            words = ["setpriv", *user, *words]
        folder.chmod(0o700)
        with subprocess.Popen(
            words,
            env={"PATH": os.environ["PATH"], **session, **headless, "WLR_RENDERER": "pixman"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                _wait_for(folder / "wayland-1", folder / "ipc.sock")
                yield {
                    "XDG_RUNTIME_DIR": name,
                    "SWAYSOCK": session["SWAYSOCK"],
                    "WAYLAND_DISPLAY": "wayland-1",
                }
            finally:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()


def tell_sway(command: str, environment: Mapping[str, str] = os.environ) -> None:
    """Run a command of Sway's, such as `output HEADLESS-1 scale 2`."""
    words = ["swaymsg", "--quiet", "--socket", environment["SWAYSOCK"], "--", command]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def _wait_for(*paths: Path) -> None:
    until = time.monotonic() + _HANG_SECONDS
    while not all(path.exists() for path in paths):
        assert time.monotonic() < until, "Sway did not start"
        time.sleep(0.01)
