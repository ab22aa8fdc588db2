"""Check for a newer version with pip, if the user turned that on."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence

PACKAGE = "claude-openai-bridge"
DAY_SECONDS = 86_400.0

_SECONDS = 60.0
_LATEST = re.compile(rf"^{PACKAGE} \(([0-9][0-9.]*)\)", re.MULTILINE)

RunPip = Callable[[Sequence[str]], str]


class CheckFailed(Exception):
    """The newest version could not be determined; the message explains why."""


def find_newer_version(own: str, run_pip: RunPip | None = None) -> str | None:
    """Return a version newer than `own`, or None. Blocks for up to a minute.

    Raises CheckFailed.
    """
    # pip, because it knows the package index, the proxy and the certificates the user has set up.
    words = [sys.executable, "-m", "pip", "index", "versions", PACKAGE]
    latest = _LATEST.search((run_pip or _run_pip)([*words, "--disable-pip-version-check"]))
    if latest is None:
        raise CheckFailed("pip lists no released version")
    return latest[1] if _parse_version(latest[1]) > _parse_version(own) else None


def _run_pip(words: Sequence[str]) -> str:
    if getattr(sys, "frozen", False):
        raise CheckFailed("this is a packaged program; check where you downloaded it")
    try:
        result = subprocess.run(  # noqa: S603 - pip of our own interpreter
            words, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CheckFailed(f"pip cannot be run: {error}") from error
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines()
        raise CheckFailed(lines[-1].removeprefix("ERROR: ") if lines else "pip failed")
    return result.stdout


def _parse_version(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
