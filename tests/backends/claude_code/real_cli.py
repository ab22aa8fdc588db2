"""The real Claude Code of the installed SDK, run with the bridge's flags and environment."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.backends.claude_code.command import FLAGS, build_environment, find_bundled_cli

Frame = dict[str, Any]

TOKEN = "sk-ant-oat01-made-up"
SECONDS = 15.0
"""The longest wait for a frame."""
_LONGEST_LINE = 64 * 1024 * 1024


def get_cli() -> Path:
    """Return the program of the installed SDK."""
    cli = find_bundled_cli()
    assert cli is not None, "claude-agent-sdk has no program"
    return cli


@dataclass
class Running:
    """One process, and all frames that it has written so far."""

    process: asyncio.subprocess.Process
    frames: list[Frame] = field(default_factory=list)

    async def send(self, *frames: Frame) -> None:
        """Write frames; one that has ended takes none."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(json.dumps(frame) + "\n" for frame in frames).encode())
        with suppress(ConnectionError):
            await self.process.stdin.drain()

    async def wait_for(self, is_wanted: Callable[[Frame], bool]) -> Frame:
        """Return the next frame that is wanted; an empty one if none comes."""
        assert self.process.stdout is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                while line := await self.process.stdout.readline():
                    self.frames.append(json.loads(line))
                    if is_wanted(self.frames[-1]):
                        return self.frames[-1]
        return {}

    async def ask(self, id: str, **request: Any) -> Frame:
        """Send a control request; return the response, which is empty if none comes."""
        await self.send({"type": "control_request", "request_id": id, "request": request})
        frame = await self.wait_for(lambda frame: _is_response(frame, id))
        return dict(frame.get("response", {}))

    async def wait_for_result(self) -> Frame:
        """Wait for the end of a turn."""
        return await self.wait_for(lambda frame: frame["type"] == "result")


def _is_response(frame: Frame, id: str) -> bool:
    return bool(frame["type"] == "control_response" and frame["response"].get("request_id") == id)


@asynccontextmanager
async def run_cli(
    folder: Path, environ: Mapping[str, str], *, without: Collection[str] = ()
) -> AsyncIterator[Running]:
    """Run it with `folder` as its home; `without` names flags and switches to leave out."""
    working = folder / "empty"
    working.mkdir(exist_ok=True)
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), **environ}
    environment = build_environment(given, folder / "temporary")
    process = await asyncio.create_subprocess_exec(
        await asyncio.to_thread(get_cli),
        *(flag for flag in FLAGS if flag not in without),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=working,
        env={name: value for name, value in environment.items() if name not in without},
        limit=_LONGEST_LINE,
    )
    try:
        yield Running(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
