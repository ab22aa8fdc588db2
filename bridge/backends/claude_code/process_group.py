"""Pause, resume and kill a process that leads a group, with all that it started."""

from __future__ import annotations

import contextlib
import os
import sys

if sys.platform == "win32":
    import psutil

    # Windows has no groups of this kind. Claude Code starts no other programs without its tools.

    def pause(pid: int) -> None:
        """Pause the process at once."""
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).suspend()

    def resume(pid: int) -> None:
        """Let a paused process go on."""
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).resume()

    def kill(pid: int) -> None:
        """Kill the process, paused or not."""
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()

else:
    import signal

    def pause(pid: int) -> None:
        """Pause the group at once."""
        _signal(pid, signal.SIGSTOP)

    def resume(pid: int) -> None:
        """Let a paused group go on."""
        _signal(pid, signal.SIGCONT)

    def kill(pid: int) -> None:
        """Kill the group, paused or not."""
        _signal(pid, signal.SIGKILL)

    def _signal(pid: int, number: signal.Signals) -> None:
        # It has ended already.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, number)
