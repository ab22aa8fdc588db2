"""The guard program as the bridge sees it: it learns of each process; see `guard`."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from bridge.launching import build_own_command

_CLOSE_SECONDS = 5.0

_log = logging.getLogger(__name__)


class ProcessGuard:
    """Starts the guard with the first process, and again if it has ended."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._guarded: set[int] = set()
        self._program: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()

    async def add(self, pid: int) -> None:
        """Have a process ended should the bridge die."""
        self._guarded.add(pid)
        async with self._starting:
            if self._program is not None and self._program.returncode is None:
                self._tell(f"+{pid}")
            else:
                await self._start()

    def remove(self, pid: int) -> None:
        """Forget a process that has ended."""
        self._guarded.discard(pid)
        self._tell(f"-{pid}")

    async def close(self) -> None:
        """End the guard; call it when all processes have ended."""
        program, self._program = self._program, None
        if program is None:
            return
        if program.stdin is not None:
            program.stdin.close()
        try:
            await asyncio.wait_for(program.wait(), _CLOSE_SECONDS)
        except TimeoutError:
            program.kill()
            await program.wait()

    async def _start(self) -> None:
        try:
            self._program = await asyncio.create_subprocess_exec(
                *build_own_command("--claude-guard", str(self._config)),
                stdin=asyncio.subprocess.PIPE,
                # Who reads the bridge's output to its end must not wait for the guard.
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                # What ends the bridge's group must not end the guard.
                start_new_session=sys.platform != "win32",
            )
        except OSError as error:
            _log.warning(
                "Should the bridge be killed, its Claude Code processes would go on: the program "
                "that ends them cannot be started: %s",
                error,
            )
            return
        for pid in sorted(self._guarded):
            self._tell(f"+{pid}")

    def _tell(self, line: str) -> None:
        program = self._program
        if program is None or program.stdin is None or program.returncode is not None:
            return
        # The pipe of a program that has ended may be closed before its exit code is known.
        if not program.stdin.is_closing():
            # Not drained: it reads at once, and a line is shorter than any pipe.
            program.stdin.write(f"{line}\n".encode())
