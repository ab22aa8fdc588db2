"""The libraries of the formats are loaded when a file is read, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("tomlkit", "ruamel.yaml", "difflib", "filelock", "bridge.connect.formats.json")


@pytest.mark.parametrize("module", ["bridge.server.app", "bridge.connect.service"])
def test_the_server_and_the_rows_load_no_library_of_a_format(module: str) -> None:
    loaded = HEAVY if module == "bridge.connect.service" else HEAVY[:2]
    script = f"import {module}, sys; print(*(n for n in {loaded!r} if n in sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == ""
