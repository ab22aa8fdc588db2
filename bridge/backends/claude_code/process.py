"""One Claude Code process: started, spoken to in lines of JSON, killed; nothing of it is left."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge.backends.batches import feed_batch
from bridge.backends.claude_code.command import FLAGS, child_environment
from bridge.backends.claude_code.lines import LineSplitter
from bridge.errors import StreamBroken, UpstreamFailed

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes. Claude Code repeats an image of the request in one line."""

_READ_BYTES = 256 * 1024


class Workshop:
    """Where processes of this server run: an empty folder, and one for each one's temporary files.

    What a server that was killed left behind is swept out by the next one.
    """

    def __init__(self, root: Path, cli: Path, environ: Mapping[str, str]) -> None:
        self._root = root
        self._cli = cli
        self._environ = environ
        self._count = 0

    @property
    def cli(self) -> Path:
        return self._cli

    @property
    def sessions(self) -> Path:
        """Where Claude Code notes which of its processes run; those that are killed stay noted."""
        config = self._environ.get("CLAUDE_CONFIG_DIR")
        return (Path(config) if config else Path.home() / ".claude") / "sessions"

    async def start(self) -> ClaudeProcess:
        """A process that waits for its first frame. Raises UpstreamFailed when it cannot run."""
        folder, empty = await asyncio.to_thread(self._folders)
        spawning = asyncio.ensure_future(self._spawned(folder, empty))
        try:
            process = await asyncio.shield(spawning)
        except asyncio.CancelledError:
            # It comes all the same: it is seen to its end before whoever wanted it may go.
            with contextlib.suppress(OSError):
                await ClaudeProcess(await spawning, folder, self.sessions).kill()
            raise
        except OSError as error:
            raise UpstreamFailed(f"Claude Code cannot be started: {error}") from error
        return ClaudeProcess(process, folder, self.sessions)

    async def _spawned(self, folder: Path, empty: Path) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            self._cli,
            *FLAGS,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=empty,
            env=child_environment(self._environ, folder),
            limit=LONGEST_LINE,
            # A Ctrl-C in the terminal is for the bridge: it ends its processes itself.
            start_new_session=sys.platform != "win32",
        )

    async def close(self) -> None:
        """When all processes are gone."""
        await asyncio.to_thread(shutil.rmtree, self._own(), ignore_errors=True)

    def _own(self) -> Path:
        return self._root / str(os.getpid())

    def _folders(self) -> tuple[Path, Path]:
        if not self._count:
            self._sweep()
        self._count += 1
        folder, empty = self._own() / str(self._count), self._root / "empty"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        empty.mkdir(exist_ok=True, mode=0o700)
        return folder, empty

    def _sweep(self) -> None:
        import psutil

        if not self._root.is_dir():
            return
        for folder in self._root.iterdir():
            if folder.name.isdigit() and not psutil.pid_exists(int(folder.name)):
                shutil.rmtree(folder, ignore_errors=True)


class ClaudeProcess:
    """Made by `Workshop.start`. `kill` it in the end, whatever happened."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, sessions: Path) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("The process was started without pipes.")
        self._process = process
        self._stdin, self._stdout, self._stderr = process.stdin, process.stdout, process.stderr
        self._folder = folder
        self._sessions = sessions
        self._last_words: deque[bytes] = deque(maxlen=5)
        self._listening = asyncio.create_task(self._listen())
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def write(self, frames: Sequence[Mapping[str, Any]]) -> None:
        """Raises StreamBroken when the process is gone."""
        if not frames:
            return
        lines = "".join(json.dumps(frame, separators=(",", ":")) + "\n" for frame in frames)
        try:
            self._stdin.write(lines.encode())
            await self._stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise StreamBroken(self._obituary()) from error

    async def read_frames(self) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Yield the frames that were read together, until the process's output ends.

        Raises StreamBroken behind the frames before it: for a line that is too long or no frame.
        """
        splitter = LineSplitter(LONGEST_LINE)
        while piece := await self._stdout.read(_READ_BYTES):
            frames, failure = feed_batch(splitter.feed(piece), _parse_line)
            if frames:
                yield frames
            if failure is not None:
                raise failure
        for line in splitter.finish():
            yield _parse_line(line)

    def end(self) -> None:
        """At once: a process that is asked to end goes on generating for seconds."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                _kill(self._process)

    async def kill(self) -> None:
        """Ends it, and waits until nothing of it is left."""
        self.end()
        clearing = asyncio.ensure_future(self._cleared())
        try:
            await asyncio.shield(clearing)
        except asyncio.CancelledError:
            # It takes a moment only, and must not be left half done.
            await clearing
            raise

    async def _cleared(self) -> None:
        await self._process.wait()
        await asyncio.gather(self._listening, self._emptied())
        await asyncio.to_thread(self._clear)

    async def _emptied(self) -> None:
        """Reads what was said last: a pipe is only closed at its end."""
        self._stdin.close()
        while await self._stdout.read(1 << 16):
            pass

    def _clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        for note in self._sessions.glob(f"{self.pid}.*"):
            note.unlink(missing_ok=True)

    async def _listen(self) -> None:
        async for line in self._stderr:
            self._last_words.append(line.strip())

    def _obituary(self) -> str:
        said = b" ".join(self._last_words).decode(errors="replace").strip()
        return f"The Claude Code process ended: {said or 'it said nothing'}."


def _kill(process: asyncio.subprocess.Process) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def _parse_line(line: bytes) -> list[dict[str, Any]]:
    """Return the frame of a line; none for a blank line. Raises StreamBroken for anything else."""
    if not line.strip():
        return []
    try:
        frame = json.loads(line)
    except ValueError as error:
        raise StreamBroken("Claude Code wrote a line that is not JSON.") from error
    if not isinstance(frame, dict):
        raise StreamBroken("Claude Code wrote a line that is no frame.")
    return [frame]
