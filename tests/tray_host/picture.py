"""Makes docs/pictures/tray.png from the running product: `python -m tests.tray_host.picture`.

Needs Debian's xvfb, dbus, xfce4-panel, xdotool and imagemagick.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests import desktop

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "tray.png"
CROP = "700x540+580+0"
ICON = ("1155", "13")
MODEL_ENTRY = ("1000", "144")


def main() -> None:
    """Starts a desktop, the fake upstream and the tray, opens the menu, and takes the picture."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        bus = stack.enter_context(desktop.session_bus())
        display = stack.enter_context(desktop.x_display())
        environment = {
            **os.environ,
            "HOME": home,
            "XDG_CONFIG_HOME": f"{home}/.config",
            "CLAUDE_BRIDGE_HOME": f"{home}/bridge",
            "DBUS_SESSION_BUS_ADDRESS": bus,
            "DISPLAY": display,
            "ANTHROPIC_API_KEY": "sk-ant-test",
        }
        stack.enter_context(running(environment, "xfce4-panel", "--disable-wm-check"))
        upstream = stack.enter_context(
            running(environment, sys.executable, "-m", "tests.fake_anthropic")
        )
        assert upstream.stdout is not None
        environment["ANTHROPIC_BASE_URL"] = upstream.stdout.readline().strip()
        stack.enter_context(running(environment, sys.executable, "-m", "bridge"))
        time.sleep(6)
        take(environment)


def take(environment: dict[str, str]) -> None:
    run(environment, "xsetroot", "-solid", "#35506b")
    run(environment, "xdotool", "mousemove", *ICON, "click", "1")
    time.sleep(1.5)
    run(environment, "xdotool", "mousemove", *MODEL_ENTRY)
    time.sleep(1.5)
    run(environment, "import", "-window", "root", "-crop", CROP, "+repage", str(PICTURE))


@contextmanager
def running(environment: dict[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def run(environment: dict[str, str], *words: str) -> None:
    subprocess.run(words, env=environment, check=True)


if __name__ == "__main__":
    main()
