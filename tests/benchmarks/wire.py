"""Compares the bridge with a direct connection and with a proxy that copies bytes, in one run.

`python -m tests.benchmarks.wire [--quick] [--peers litellm=PATH portkey=PATH]`. Upstream, proxy,
bridge and client are processes of their own; they take turns, so that a busy moment meets all of
them. PATH is the program of that peer, of its own environment: it is measured beside the bridge.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import psutil

from tests.benchmarks.load import Target, Timing, measure_delays, send_requests
from tests.benchmarks.peers import parse_peers, start_peer

MODEL = "claude-opus-5-5"
KEY = "sk-ant-benchmark"
ANTHROPIC = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
OPENAI = {"Authorization": "Bearer any"}
MiB = 1024 * 1024


def build_chat(deltas: int, *, stream: bool = True, **more: Any) -> dict[str, Any]:
    """Build a chat that both OpenAI's and Anthropic's endpoint accept."""
    said = [{"role": "user", "content": f"deltas={deltas}"}]
    return {"model": MODEL, "max_tokens": 100_000, "messages": said, "stream": stream, **more}


def build_history() -> list[dict[str, Any]]:
    """Build a conversation of 100 turns and 400 KB."""
    words = "All of this was said before, and is sent again. " * 83
    turns = [{"role": ("user", "assistant")[at % 2], "content": words} for at in range(99)]
    return [*turns, {"role": "user", "content": "deltas=20"}]


def build_picture() -> list[dict[str, Any]]:
    """Build a message with a PNG of 10 MB, in OpenAI's format; its pixels are noise."""
    import io

    from PIL import Image

    made = Image.frombytes("RGB", (1860, 1860), os.urandom(1860 * 1860 * 3))
    written = io.BytesIO()
    made.save(written, "png", compress_level=0)
    url = "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()
    parts = [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "deltas=20"},
    ]
    return [{"role": "user", "content": parts}]


class Bench:
    """The targets to compare, the bridge the last of them, and the bridge's process."""

    def __init__(self, targets: Sequence[Target], bridge: psutil.Process, scale: float) -> None:
        self.targets = targets
        self.bridge = bridge
        self._scale = scale

    def run_rounds(
        self, body: Mapping[str, Any], count: int, at_once: int
    ) -> dict[str, list[list[Timing]]]:
        """Send the same requests to each target in turn; the first round is a warm-up."""
        able = self.list_able(body)
        requests = {target.name: target.request(body) for target in able}
        found: dict[str, list[list[Timing]]] = {target.name: [] for target in able}
        count = max(at_once, round(count * self._scale))
        for turn in range(6):
            for target in able:
                timings = asyncio.run(send_requests(target, requests[target.name], count, at_once))
                if turn:
                    found[target.name].append(timings)
        return found

    def list_able(self, body: Mapping[str, Any]) -> list[Target]:
        """Return the targets that answer this body; print why a peer does not."""
        able = []
        for target in self.targets:
            try:
                asyncio.run(send_requests(target, target.request(body), 1, 1))
            except RuntimeError as error:
                if target.name in ("direct", "proxy", "bridge"):
                    raise
                print(f"\n{target.name} is left out: {error}")
            else:
                able.append(target)
        return able

    def measure_cpu(self, body: Mapping[str, Any], count: int) -> float:
        """Return the seconds of processor time that the bridge needs for one request."""
        bridge = self.targets[-1]
        request = bridge.request(body)
        asyncio.run(send_requests(bridge, request, 3, 1))
        before = self._spent()
        asyncio.run(send_requests(bridge, request, count, 1))
        return (self._spent() - before) / count

    def _spent(self) -> float:
        times = self.bridge.cpu_times()
        return float(times.user + times.system)


def list_milliseconds(
    timings: Sequence[Sequence[Timing]], of: Callable[[Timing], float]
) -> list[float]:
    return sorted(of(one) * 1000 for turn in timings for one in turn)


def get_p99(sorted_values: Sequence[float]) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * 0.99))]


def print_table(title: str, rows: Mapping[str, Sequence[str]]) -> None:
    print(f"\n{title}")
    for name, cells in rows.items():
        print(f"  {name:<10}" + "".join(f"{cell:>22}" for cell in cells))


def print_shares(speeds: Mapping[str, float]) -> None:
    for name in [*speeds][2:]:
        print(f"  {name} has {speeds[name] / speeds['proxy']:.3f} of the proxy's")


def measure_latency(bench: Bench) -> None:
    for at_once, count in ((1, 60), (32, 192)):
        found = bench.run_rounds(build_chat(20), count, at_once)
        rows = {}
        for name, timings in found.items():
            first = list_milliseconds(timings, lambda one: one.first)
            whole = list_milliseconds(timings, lambda one: one.whole)
            rows[name] = [
                f"first {statistics.median(first):.2f} ms",
                f"p99 {get_p99(first):.2f} ms",
                f"whole {statistics.median(whole):.2f} ms",
                f"p99 {get_p99(whole):.2f} ms",
            ]
        print_table(f"Latency, {at_once} at a time, 20 chunks, streamed", rows)
        added = {
            name: statistics.median(list_milliseconds(timings, lambda one: one.first))
            for name, timings in found.items()
        }
        least = added.pop("direct")
        for name, median in added.items():
            ratio = (median - least) / (added["proxy"] - least)
            print(f"  {name} adds {median - least:.2f} ms to the first chunk ({ratio:.1f} times)")


def measure_pace(bench: Bench) -> None:
    """Measure how late each word arrives; upstream writes one every 5 ms, with the time in it."""
    said = [{"role": "user", "content": "deltas=100 every=5"}]
    for at_once in (1, 32):
        found: dict[str, list[float]] = {}
        able = bench.list_able(build_chat(20))
        for _ in range(3):
            for target in able:
                request = target.request(build_chat(100, messages=said))
                found.setdefault(target.name, []).extend(
                    asyncio.run(measure_delays(target, request, at_once))
                )
        rows = {}
        for name, delays in found.items():
            late = sorted(delay * 1000 for delay in delays)
            rows[name] = [f"{statistics.median(late):.2f} ms", f"p99 {get_p99(late):.2f} ms"]
        print_table(f"Delay of a chunk, {at_once} at a time, one each 5 ms", rows)


def measure_throughput(bench: Bench) -> None:
    for at_once in (1, 8):
        found = bench.run_rounds(build_chat(2000), at_once * 2, at_once)
        rows, speed = {}, {}
        for name, turns in found.items():
            speed[name] = statistics.median(
                2000 * at_once / statistics.median(one.whole for one in turn) for turn in turns
            )
            rows[name] = [f"{speed[name]:,.0f} chunks/s"]
        print_table(f"Saturation, {at_once} at a time, 2,000 chunks each", rows)
        print_shares(speed)


def measure_whole_answers(bench: Bench) -> None:
    body = build_chat(20, stream=False)
    able = bench.list_able(body)
    requests = {t.name: t.request(body) for t in able}
    speeds: dict[str, list[float]] = {t.name: [] for t in able}
    for _ in range(15):
        for target in able:
            started = time.perf_counter()
            asyncio.run(send_requests(target, requests[target.name], 320, 32))
            speeds[target.name].append(320 / (time.perf_counter() - started))
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    print_table(
        "Whole answers of 20 chunks, 32 at a time",
        {name: [f"{speed:,.0f} requests/s"] for name, speed in medians.items()},
    )
    print_shares(medians)


def measure_processor(bench: Bench) -> None:
    short = bench.measure_cpu(build_chat(20), 50)
    rows = {
        "20 chunks": [f"{short * 1000:.2f} ms"],
        "2,000 chunks": [f"{bench.measure_cpu(build_chat(2000), 10) / 2 * 1000:.2f} ms per 1,000"],
        "history": [
            f"{bench.measure_cpu(build_chat(20, messages=build_history()), 50) * 1000:.2f} ms"
        ],
        "image": [
            f"{bench.measure_cpu(build_chat(20, messages=build_picture()), 5) * 1000:.0f} ms"
        ],
    }
    print_table("The bridge's own processor time for one request", rows)


def measure_memory(bench: Bench) -> None:
    idle = bench.bridge.memory_info().rss / MiB
    bridge = bench.targets[-1]
    request = bridge.request(build_chat(20))
    asyncio.run(send_requests(bridge, request, 200, 8))
    before = bench.bridge.memory_info().rss / MiB
    asyncio.run(send_requests(bridge, request, 2000, 8))
    after = bench.bridge.memory_info().rss / MiB
    print_table(
        "Memory",
        {
            "idle": [f"{idle:.0f} MB"],
            "2,000": [f"+{after - before:.1f} MB after 2,000 streamed requests"],
        },
    )


def main(scale: float, peers: Mapping[str, str]) -> None:
    """Print the tables."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        upstream, _ = stack.enter_context(start_program("tests.benchmarks.upstream"))
        proxy, _ = stack.enter_context(start_program("tests.benchmarks.proxy", upstream))
        own = {
            **os.environ,
            "CLAUDE_BRIDGE_HOME": home,
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": upstream,
        }
        words = ("serve", "--port", "0", "--backend", "anthropic", "--log-level", "WARNING")
        bridge, process = stack.enter_context(start_program("bridge", *words, environment=own))
        targets = [
            Target("direct", upstream, "/v1/messages", ANTHROPIC),
            Target("proxy", proxy, "/v1/messages", ANTHROPIC),
            Target("bridge", bridge, "/v1/chat/completions", OPENAI),
        ]
        for name, program in peers.items():
            peer = start_peer(name, program, upstream, MODEL, KEY, home)
            targets.insert(-1, stack.enter_context(peer))
        time.sleep(5)  # imports go on after the socket listens
        bench = Bench(targets, psutil.Process(process.pid), scale)
        for measure in (
            measure_memory,
            measure_latency,
            measure_pace,
            measure_throughput,
            measure_whole_answers,
            measure_processor,
        ):
            measure(bench)


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
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1], process
        finally:
            process.terminate()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the requests")
    parser.add_argument("--peers", nargs="*", default=[], metavar="NAME=PATH", help="others beside")
    given = parser.parse_args()
    main(0.2 if given.quick else 1.0, parse_peers(given.peers))
