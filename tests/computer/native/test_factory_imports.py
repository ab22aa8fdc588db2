"""On a desktop without Wayland, nothing of it and of portals is imported."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.end_to_end

SCRIPT = """
import sys
from bridge.computer.native.factory import open_desktop, open_indicator
desktop, indicator = open_desktop(), open_indicator("ctrl+alt+Escape")
indicator.show(print)
desktop.list_windows()
indicator.hide()
desktop.close()
print([name for name in sys.modules if ".wayland" in name or ".portal." in name])
"""


def test_an_x11_desktop_is_used_without_any_module_of_wayland(screen: str) -> None:
    environment = {key: value for key, value in os.environ.items() if "WAYLAND" not in key}
    environment |= {"DISPLAY": screen, "XDG_SESSION_TYPE": "x11"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    assert run.stdout == "[]\n", run.stderr
