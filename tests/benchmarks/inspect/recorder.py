"""Measures what the recorder of `/inspect` costs: two servers take turns, and one of them records.

`python -m tests.benchmarks.inspect.recorder [--rounds 60]`. Instructions are counted by
`tests.benchmarks.instructions`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.benchmarks.wire.bodies import build_chat, build_history
from tests.benchmarks.wire.load import Target, Timing, open_connection_to
from tests.benchmarks.wire.programs import KEY, OPENAI, start_program

WORKLOADS: Mapping[str, Mapping[str, Any]] = {
    "20 chunks, streamed": build_chat(20),
    "20 chunks, whole": build_chat(20, stream=False),
    "400 KB of history, streamed": build_chat(20, messages=build_history()),
    "2,000 chunks, streamed": build_chat(2000),
}
_AT_A_TIME = 10
"""Requests to one server before the other has its turn."""
_LOADED_SECONDS = 5.0


def turn_recorder_on(url: str, home: Path) -> None:
    """Turn the recorder of a server on, with the control token in its home."""
    token = (home / "data" / "control-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}

    async def turn_on() -> None:
        async with (
            aiohttp.ClientSession(url, headers=headers) as session,
            session.post("/inspect", json={"on": True, "minutes": 120}) as answer,
        ):
            assert answer.status == 200

    asyncio.run(turn_on())


@contextmanager
def start_bridge(upstream: str) -> Iterator[tuple[str, Path]]:
    """Start a bridge; yield its URL and its home."""
    with tempfile.TemporaryDirectory() as home:
        own = {
            **os.environ,
            "CLAUDE_BRIDGE_HOME": home,
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": upstream,
        }
        words = ("serve", "--port", "0", "--backend", "anthropic", "--log-level", "WARNING")
        with start_program("bridge", *words, environment=own) as (url, _):
            yield url, Path(home)


async def take_turns(
    targets: Sequence[Target], body: Mapping[str, Any], rounds: int
) -> dict[str, list[Timing]]:
    """Send the same request to each target in turn; the first rounds are a warm-up."""
    found: dict[str, list[Timing]] = {target.name: [] for target in targets}
    warm_up = max(3, rounds // 10)
    async with AsyncExitStack() as stack:
        connections = [
            (target, await stack.enter_async_context(open_connection_to(target.url)))
            for target in targets
        ]
        for turn in range(warm_up + rounds):
            # Each is the first in every other round.
            for target, connection in connections[:: 1 if turn % 2 else -1]:
                request = target.request(body)
                timings = [await connection.send(request) for _ in range(_AT_A_TIME)]
                if turn >= warm_up:
                    found[target.name] += timings
    return found


def describe(found: Mapping[str, Sequence[Timing]], of: Callable[[Timing], float]) -> str:
    """Return the medians of both servers, and what recording adds."""
    off, on = (statistics.median(map(of, found[name])) * 1000 for name in ("off", "on"))
    return f"off {off:.3f} ms, on {on:.3f} ms ({on / off - 1:+.1%})"


def main(rounds: int) -> None:
    """Print the times."""
    with ExitStack() as stack:
        upstream, _ = stack.enter_context(start_program("tests.benchmarks.wire.upstream"))
        off, _ = stack.enter_context(start_bridge(upstream))
        on, home = stack.enter_context(start_bridge(upstream))
        time.sleep(_LOADED_SECONDS)
        turn_recorder_on(on, home)
        targets = [
            Target(name, url, "/v1/chat/completions", OPENAI)
            for name, url in (("off", off), ("on", on))
        ]
        for name, body in WORKLOADS.items():
            found = asyncio.run(take_turns(targets, body, rounds))
            if body["stream"]:
                print(f"{name}: first chunk {describe(found, lambda timing: timing.first)}")
            print(
                f"{name}: whole answer {describe(found, lambda timing: timing.whole)}", flush=True
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="of ten requests to each server")
    main(parser.parse_args().rounds)
