"""A small program that ends the Claude Code processes of a bridge that was killed.

It reads from its standard input, a line for each process that starts (`+PID`) or has been ended
(`-PID`). When the input ends, the bridge is gone, however that came about, and so it ends the
processes that are left. Without it they would go on generating: the end of their own input does not
stop them, and a signal at the bridge's death (as Linux can send) might come during a renewal.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from bridge.backends.claude_code.process_group import kill
from bridge.backends.claude_code.renewal import (
    CHECK_SECONDS,
    MAX_RENEWAL_SECONDS,
    kill_unless_renewing,
)


def run_guard(config: Path) -> int:
    """Guard the processes named on the standard input; return the exit code."""
    # A Ctrl-C in the terminal is for the bridge, which ends its processes itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_processes(config, list_left(sys.stdin))
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


def end_processes(config: Path, processes: list[psutil.Process]) -> None:
    """End the processes, each as soon as it is not renewing the sign-in."""
    deadline = time.monotonic() + MAX_RENEWAL_SECONDS
    while processes:
        processes = [
            process
            for process in processes
            if process.is_running() and not kill_unless_renewing(config, process.pid)
        ]
        if time.monotonic() > deadline:
            for process in processes:
                kill(process.pid)
            return
        time.sleep(CHECK_SECONDS)
