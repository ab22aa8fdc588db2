"""Starts the programs that are measured, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

KEY = "sk-ant-benchmark"
ANTHROPIC = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
OPENAI = {"Authorization": "Bearer any"}


@contextmanager
def start_program(
    module: str,
    *words: str,
    environment: Mapping[str, str] | None = None,
    under: Sequence[str] = (),
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start a program; yield the URL that it prints first, and its process. Ends it on leaving.

    `under`: a command that runs it.
    """
    with subprocess.Popen(
        [*under, sys.executable, "-m", module, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
        # As the peers: Linux shares the processors among sessions first.
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1], process
        finally:
            process.terminate()
