"""Looks for a newer version with the pip that installed this one; only where a person wants it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence

PACKAGE = "claude-openai-bridge"
DAY_SECONDS = 86_400.0

_SECONDS = 60.0
_LATEST = re.compile(rf"^{PACKAGE} \(([0-9][0-9.]*)\)", re.MULTILINE)

Run = Callable[[Sequence[str]], str]


class CannotTell(Exception):
    """Nobody could say which version is the newest; the message says why."""


def newer_version(own: str, run: Run | None = None) -> str | None:
    """A version newer than `own`, or None. It blocks for a minute at most. Raises CannotTell.

    pip asks the package index that the person has set up, with their proxy and certificates.
    """
    words = [sys.executable, "-m", "pip", "index", "versions", PACKAGE]
    found = _LATEST.search((run or _run)([*words, "--disable-pip-version-check"]))
    if found is None:
        raise CannotTell("pip names no released version")
    return found[1] if _numbers(found[1]) > _numbers(own) else None


def _run(words: Sequence[str]) -> str:
    if getattr(sys, "frozen", False):
        raise CannotTell("this is a packaged program; look where you got it from")
    try:
        result = subprocess.run(  # noqa: S603 - pip of our own interpreter
            words, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotTell(f"pip cannot be asked: {error}") from error
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines()
        raise CannotTell(lines[-1].removeprefix("ERROR: ") if lines else "pip failed")
    return result.stdout


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
