"""Claude Code in long conversations: a live session against a new process for each turn.

`python -m tests.benchmarks.claude_code_sessions [--rounds N]`, in one run, upstream instant:

- time from the request to the first text or call, by turns of history, text and tool turns; the
  median, and the best, which other programs on the machine have delayed the least;
- processor time of Claude Code for each turn, with the start of the process that it uses up;
- the memory of an idle session.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psutil

from bridge.compose import make_bridge
from bridge.server.http.listen import listen
from bridge.server.serve import serve
from bridge.server.state import Bridge
from bridge.settings import find_paths, load_settings
from tests.backends.claude_code.leftovers import command
from tests.benchmarks.claude_code import wait_for_spare
from tests.fake_anthropic.script import ToolUse, calls
from tests.fake_anthropic.server import FakeAnthropic

LENGTHS = (0, 10, 40, 100)
TARGET_MS = 120
MODEL = "claude-opus-5-5"
CALL = {"id": "toolu_{}", "type": "function", "function": {"name": "read", "arguments": "{}"}}
TOOLS = [
    {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}},
]


@dataclass
class Figures:
    """What was measured for one kind of turn and one length of history."""

    first: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: float = 0.0


def user(words: str) -> dict[str, Any]:
    return {"role": "user", "content": words}


class Talk:
    """A conversation whose turns are texts, or calls of a tool and their results."""

    def __init__(self, bridge: Bridge, turns: int, *, with_tools: bool) -> None:
        self._bridge = bridge
        self._with_tools = with_tools
        self._calls = 0
        self._messages: list[dict[str, Any]] = [user("Read the files, please. " * 10)]
        for _ in range(turns):
            self._answer("Some words of an answer. " * 10)
            self._ask()

    def _answer(self, words: str, id: str | None = None) -> None:
        message: dict[str, Any] = {"role": "assistant", "content": words}
        if self._with_tools:
            self._calls += 1
            call = {**CALL, "id": id or f"toolu_{self._calls}"}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        self._messages.append(message)

    def _ask(self) -> None:
        words = "Some words, as of a file. " * 10
        if self._with_tools:
            id = self._messages[-1]["tool_calls"][0]["id"]
            self._messages.append({"role": "tool", "tool_call_id": id, "content": words})
        else:
            self._messages.append(user(words))

    async def take_turn(self) -> float:
        """Send the conversation; return the seconds to the first text or call."""
        body = {"model": MODEL, "messages": self._messages, "stream": True}
        if self._with_tools:
            body["tools"] = TOOLS
        started, first = time.perf_counter(), 0.0
        words, id = "", None
        url = f"{self._bridge.url}/v1/chat/completions"
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            async for line in answer.content:
                if not line.startswith(b"data: {"):
                    continue
                delta = read_delta(line)
                words += delta.get("content") or ""
                calls = delta.get("tool_calls") or [{}]
                id = calls[0].get("id") or id
                if not first and (words or id):
                    first = time.perf_counter() - started
        self._answer(words, id)
        self._ask()
        return first


def read_delta(line: bytes) -> dict[str, Any]:
    choices = json.loads(line[6:]).get("choices") or [{}]
    return dict(choices[0].get("delta") or {})


def list_processes() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "--input-format=stream-json" in command(child)]


def read_cpu() -> float:
    """Return the processor time of all Claude Code processes so far, also of ended ones."""
    times = psutil.Process().cpu_times()
    living = [child.cpu_times() for child in list_processes()]
    ended = times.children_user + times.children_system
    return ended + sum(cpu.user + cpu.system for cpu in living)


@asynccontextmanager
async def run_bridge(live_sessions: int) -> AsyncIterator[Bridge]:
    settings = load_settings(
        port=0,
        backend="claude-code",
        log_level="WARNING",
        claude_live_sessions=live_sessions,
    )
    bridge = await asyncio.to_thread(make_bridge, settings, find_paths())
    serving = asyncio.create_task(serve(bridge, listen(settings.host, settings.port)))
    try:
        while not bridge.url:
            await asyncio.sleep(0.01)
        yield bridge
    finally:
        bridge.stop_requested.set()
        await serving


async def measure(bridge: Bridge, talk: Talk, rounds: int) -> Figures:
    """Measure turns of one conversation, whose first turn only sets it up."""
    figures = Figures()
    await wait_for_spare(bridge)
    await talk.take_turn()
    for _ in range(rounds):
        await wait_for_spare(bridge)
        before = read_cpu()
        figures.first.append(await talk.take_turn())
        # The process that replaces a used one is part of the turn's cost.
        await asyncio.sleep(3)
        figures.cpu.append(read_cpu() - before)
    figures.memory = max(child.memory_full_info().pss for child in list_processes()) / 2**20
    return figures


async def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "CLAUDE_BRIDGE_HOME": folder,
            "HOME": folder,
            "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-made-up",
        }
        async with FakeAnthropic() as fake:
            os.environ["ANTHROPIC_BASE_URL"] = fake.url
            print(
                "history     | median: new, live | best: new, live | CPU: new, live | idle memory"
            )
            for with_tools in (False, True):
                for turns in LENGTHS:
                    both = []
                    for live_sessions in (0, 3):
                        if with_tools:
                            fake.script(*(calls(ToolUse("read")) for _ in range(rounds + 1)))
                        async with run_bridge(live_sessions) as bridge:
                            talk = Talk(bridge, turns, with_tools=with_tools)
                            both.append(await measure(bridge, talk, rounds))
                    report(turns, "tools" if with_tools else "text", *both)


def report(turns: int, kind: str, new: Figures, live: Figures) -> None:
    first = " ".join(f"{statistics.median(side.first) * 1000:6.0f}" for side in (new, live))
    best_new, best_live = (min(side.first) * 1000 for side in (new, live))
    cpu = " ".join(f"{statistics.median(side.cpu) * 1000:6.0f}" for side in (new, live))
    mark = "" if best_live <= TARGET_MS else f"  over {TARGET_MS} ms"
    print(
        f"{turns:5} {kind:5} | {first} ms | {best_new:6.0f} {best_live:6.0f} ms | {cpu} ms "
        f"| {live.memory:4.0f} MB{mark}",
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(main(parser.parse_args().rounds))
