"""Starts, talks to and kills Claude Code processes, and removes all their files."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge.backends.batches import feed_batch
from bridge.backends.claude_code.command import (
    FLAGS,
    build_environment,
    describe_start_failure,
)
from bridge.backends.claude_code.lines import LineSplitter
from bridge.backends.claude_code.process_group import pause
from bridge.backends.claude_code.process_guard import ProcessGuard
from bridge.backends.claude_code.sign_in.renewal import find_config_folder, kill_after_renewal
from bridge.errors import StreamBroken, UpstreamFailed
from bridge.private_modes import create_folder

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes. Claude Code repeats an image of the request in one line."""

_READ_BYTES = 256 * 1024
_ERROR_PIECE = 64 * 1024
_ERROR_PAUSE = 0.01
_ERROR_TAIL = 4 * 1024
_ERROR_LINES = 5
_ERROR_SECONDS = 0.5
"""How long the rest of the error output of an ended process is waited for."""


class ProcessLauncher:
    """Starts processes, each with a folder of its own for temporary files.

    Under `root` there are a folder for each server, named by its process id, and `empty`, the
    working directory of all processes. The first start removes the folders of servers that were
    killed.
    """

    def __init__(self, root: Path, cli: Path, environ: Mapping[str, str]) -> None:
        self._root = root
        self._cli = cli
        self._environ = environ
        self._count = 0
        self._config = find_config_folder(environ)
        self._guard = ProcessGuard(self._config)

    @property
    def cli(self) -> Path:
        return self._cli

    async def start(self) -> ClaudeProcess:
        """Start a process; it waits for its first frame. Raises UpstreamFailed if it cannot run."""
        try:
            folder, empty = await asyncio.to_thread(self._make_folders)
        except OSError as error:
            raise UpstreamFailed(
                f"Claude Code cannot be started: its folder {self._root} cannot be written "
                f"({error.strerror})."
            ) from error
        spawning = asyncio.ensure_future(self._spawn(folder, empty))
        try:
            return await asyncio.shield(spawning)
        except asyncio.CancelledError:
            # A process that is being spawned cannot be called off: wait for it, then kill it.
            with contextlib.suppress(OSError):
                await (await spawning).kill()
            raise
        except OSError as error:
            words = await asyncio.to_thread(describe_start_failure, self._cli, error)
            raise UpstreamFailed(words) from error

    async def _spawn(self, folder: Path, empty: Path) -> ClaudeProcess:
        process = await asyncio.create_subprocess_exec(
            self._cli,
            *FLAGS,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=empty,
            env=build_environment(self._environ, folder),
            # Lines are joined by LineSplitter, so this only bounds what is buffered.
            limit=_READ_BYTES,
            # A Ctrl-C in the terminal must reach the bridge alone, which ends its processes itself.
            start_new_session=sys.platform != "win32",
        )
        await self._guard.add(process.pid)
        return ClaudeProcess(process, folder, self._config, self._guard.remove)

    async def close(self) -> None:
        """End the guard, and remove this server's folder, when all processes have ended."""
        await self._guard.close()
        await asyncio.to_thread(shutil.rmtree, self._get_server_folder(), ignore_errors=True)

    def _get_server_folder(self) -> Path:
        return self._root / str(os.getpid())

    def _make_folders(self) -> tuple[Path, Path]:
        if not self._count:
            self._remove_stale_folders()
        self._count += 1
        folder, empty = self._get_server_folder() / str(self._count), self._root / "empty"
        create_folder(folder)
        create_folder(empty)
        return folder, empty

    def _remove_stale_folders(self) -> None:
        import psutil

        if not self._root.is_dir():
            return
        for folder in self._root.iterdir():
            if folder.name.isdigit() and not psutil.pid_exists(int(folder.name)):
                shutil.rmtree(folder, ignore_errors=True)


class ClaudeProcess:
    """A running process, made by `ProcessLauncher.start`; call `kill` in the end.

    States: running; paused (by `pause`); ended (by itself); removed (`kill` returned: its output is
    read, and its files are deleted). Two tasks may use it at the same time: one writes, one reads.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        folder: Path,
        config: Path,
        on_removed: Callable[[int], None],
    ) -> None:
        """`folder` has its temporary files, `config` Claude Code's settings and sign-in."""
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("The process was started without pipes.")
        self._process = process
        self._stdin, self._stdout, self._stderr = process.stdin, process.stdout, process.stderr
        self._folder = folder
        self._config = config
        self._on_removed = on_removed
        self._splitter = LineSplitter(LONGEST_LINE)
        self._errors = b""
        """The end of the error output."""
        self._reading_errors = asyncio.create_task(self._read_errors())
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def write(self, frames: Sequence[Mapping[str, Any]]) -> None:
        """Write frames to the process. Raises StreamBroken if it has ended."""
        if not frames:
            return
        lines = "".join(json.dumps(frame, separators=(",", ":")) + "\n" for frame in frames)
        # asyncio reports a closed pipe only in `drain`, other event loops already in `write`, with
        # errors of their own.
        if self._stdin.is_closing():
            raise StreamBroken(await self.describe_end())
        try:
            self._stdin.write(lines.encode())
            await self._stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise StreamBroken(await self.describe_end()) from error

    async def read_frames(self) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Yield the frames that were read together, until the process's output ends.

        Raises StreamBroken behind the frames before it: for a line that is too long or no frame.
        """
        splitter = self._splitter
        while piece := await self._stdout.read(_READ_BYTES):
            frames, failure = feed_batch(splitter.feed(piece), _parse_line)
            if frames:
                yield frames
            if failure is not None:
                raise failure
        for line in splitter.finish():
            yield _parse_line(line)

    async def wait_for_frame(self, is_wanted: Callable[[Mapping[str, Any]], bool]) -> None:
        """Wait until a frame that is wanted comes; frames before it are not needed.

        Raises StreamBroken if the process ends first.
        """
        async with contextlib.aclosing(self.read_frames()) as reads:
            async for frames in reads:
                if any(map(is_wanted, frames)):
                    return
        raise StreamBroken(await self.describe_end())

    def pause(self) -> None:
        """Keep the process from going on, until `kill` ends it."""
        if self.is_alive:
            pause(self.pid)

    async def kill(self) -> None:
        """End the process at once, or after a renewal of the sign-in; wait until it is removed.

        After a polite request it would go on generating for seconds.
        """
        removing = asyncio.ensure_future(self._remove())
        try:
            await asyncio.shield(removing)
        except asyncio.CancelledError:
            # It takes a moment only, and half done it would leak a process or files.
            await removing
            raise

    async def _remove(self) -> None:
        draining = asyncio.create_task(self._drain_output())
        await kill_after_renewal(self._config, self.pid, lambda: self.is_alive)
        await self._process.wait()
        await asyncio.gather(self._reading_errors, draining)
        await asyncio.to_thread(self._delete_files)
        self._on_removed(self.pid)

    async def _drain_output(self) -> None:
        """Read the rest of the output: asyncio closes a pipe only at its end."""
        self._stdin.close()
        while await self._stdout.read(1 << 16):
            pass

    def _delete_files(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        # Claude Code lists its running processes, and killed ones would stay listed. Its own
        # settings are beside its folder, or in it if the user has chosen one.
        for entry in (
            *(self._config / "sessions").glob(f"{self.pid}.*"),
            *self._config.parent.glob(f".claude.json.tmp.{self.pid}.*"),
            *self._config.glob(f".claude.json.tmp.{self.pid}.*"),
        ):
            entry.unlink(missing_ok=True)

    async def _read_errors(self) -> None:
        # Not line by line: a line may have no end, and would be searched again with every piece.
        while piece := await self._stderr.read(_ERROR_PIECE):
            self._errors = (self._errors + piece)[-_ERROR_TAIL:]
            if len(piece) == _ERROR_PIECE:
                # A program that writes without end must not occupy the event loop.
                await asyncio.sleep(_ERROR_PAUSE)

    async def describe_end(self) -> str:
        """Describe the end of a process that ended by itself, with the end of its error output."""
        await asyncio.wait([self._reading_errors], timeout=_ERROR_SECONDS)
        return f"The Claude Code process ended: {self.get_last_errors() or 'no error output'}."

    def get_last_errors(self) -> str:
        """Return the last lines of the error output so far, as one line."""
        lines = self._errors.splitlines()[-_ERROR_LINES:]
        return b" ".join(line.strip() for line in lines).decode(errors="replace").strip(" .")


def _parse_line(line: bytes) -> list[dict[str, Any]]:
    """Return the frame of a line; none for a blank line. Raises StreamBroken for anything else."""
    if not line.strip():
        return []
    try:
        frame = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise StreamBroken("Claude Code wrote a line that is not JSON.") from error
    if not isinstance(frame, dict):
        raise StreamBroken("Claude Code wrote a line that is not a frame.")
    return [frame]
