"""A small program that ends the Claude Code processes of a bridge that was killed.

It reads from its standard input, a line for each process that starts (`+PID`) or has been ended
(`-PID`). When the input ends, the bridge is gone, however that came about, and so it ends the
processes that are left. Without it they would go on generating: the end of their own input does not
stop them, and a signal at the bridge's death (as Linux can send) might come during a renewal.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

from bridge.backends.claude_code.sign_in.renewal import kill_after_renewal


def run_guard(config: Path) -> int:
    """Guard the processes named on the standard input; return the exit code."""
    # A Ctrl-C in the terminal is for the bridge, which ends its processes itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(end_processes(config, list_left(sys.stdin)))
    return 0


def list_left(lines: Iterable[str]) -> list[psutil.Process]:
    """Read the lines until they end; return the processes that were started and not ended."""
    left: dict[int, psutil.Process] = {}
    for line in lines:
        change, pid = line[:1], int(line[1:])
        left.pop(pid, None)
        if change == "+":
            try:
                left[pid] = psutil.Process(pid)
            except psutil.NoSuchProcess:
                continue
    # psutil compares the start times: the number may be another process' by now.
    return [process for process in left.values() if process.is_running()]


async def end_processes(config: Path, processes: Iterable[psutil.Process]) -> None:
    """End the processes, each as soon as it is not renewing the sign-in."""
    await asyncio.gather(
        *(kill_after_renewal(config, process.pid, process.is_running) for process in processes)
    )
