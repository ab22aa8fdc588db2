"""Checking for updates with pip."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tray.updates import CheckFailed, find_newer_version


@pytest.mark.parametrize(
    ("latest", "newer"),
    [("0.2.0", "0.2.0"), ("0.10.0", "0.10.0"), ("0.1.0", None), ("0.0.9", None)],
)
def test_a_higher_version_is_newer(latest: str, newer: str | None) -> None:
    commands: list[Sequence[str]] = []

    def run_pip(words: Sequence[str]) -> str:
        commands.append(words)
        return f"claude-openai-bridge ({latest})\nAvailable versions: {latest}, 0.0.1\n"

    assert find_newer_version("0.1.0", run_pip) == newer
    assert commands[0][1:5] == ["-m", "pip", "index", "versions"]


def test_the_check_fails_if_pip_lists_no_version() -> None:
    with pytest.raises(CheckFailed, match="pip lists no released version"):
        find_newer_version("0.1.0", lambda _: "ERROR: nothing")
