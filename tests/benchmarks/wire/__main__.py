"""Compares the bridge's endpoints with a direct connection and a proxy that copies bytes.

`python -m tests.benchmarks.wire [--quick] [--peers litellm=PATH portkey=PATH]`. Upstream, proxy,
bridge and client are processes of their own; they take turns, so that a busy moment meets all of
them. PATH is the program of that peer, of its own environment: it is measured beside the bridge.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.wire.bodies import (
    MODEL,
    build_chat,
    build_history,
    build_pictures,
    build_tools,
    to_response_body,
)
from tests.benchmarks.wire.load import Target, Timing, measure_delays, send_requests
from tests.benchmarks.wire.peers import parse_peers, start_peer
from tests.benchmarks.wire.programs import ANTHROPIC, KEY, OPENAI, start_program

MiB = 1024 * 1024
OWN = ("direct", "proxy", "chat", "responses", "messages")
"""The targets that must answer; the last three are endpoints of the bridge."""

Row = dict[str, str]
"""A row of the summary: what each target has."""


class Bench:
    """The targets to compare, the bridge's chats the last of them, and the bridge's process."""

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
                if target.name in OWN:
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


def compare_speeds(speeds: Mapping[str, float], unit: str) -> Row:
    return {
        name: f"{speed:,.0f} {unit} ({speed / speeds['proxy']:.2f} ×)"
        for name, speed in speeds.items()
    }


def measure_latency(bench: Bench) -> dict[str, Row]:
    summary: dict[str, Row] = {}
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
        firsts = {
            name: list_milliseconds(timings, lambda one: one.first)
            for name, timings in found.items()
        }
        if at_once == 1:
            medians = {name: statistics.median(first) for name, first in firsts.items()}
            least = medians.pop("direct")
            by_proxy = medians["proxy"] - least
            summary["added to the first words"] = {
                name: f"{median - least:.2f} ms ({(median - least) / by_proxy:.1f} ×)"
                for name, median in medians.items()
            }
        else:
            p99 = {name: get_p99(first) for name, first in firsts.items()}
            summary[f"first words, {at_once} at a time, p99"] = {
                name: f"{value:.1f} ms ({value - p99['proxy']:+.1f})" for name, value in p99.items()
            }
    return summary


def measure_pace(bench: Bench) -> dict[str, Row]:
    summary: dict[str, Row] = {}
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
        summary[f"delay of a chunk, {at_once} at a time"] = {
            name: f"{statistics.median(delays) * 1000:.2f} ms" for name, delays in found.items()
        }
    return summary


def measure_throughput(bench: Bench) -> dict[str, Row]:
    summary: dict[str, Row] = {}
    for at_once in (1, 8):
        found = bench.run_rounds(build_chat(2000), at_once * 2, at_once)
        rows, speed = {}, {}
        for name, turns in found.items():
            speed[name] = statistics.median(
                2000 * at_once / statistics.median(one.whole for one in turn) for turn in turns
            )
            rows[name] = [f"{speed[name]:,.0f} chunks/s"]
        print_table(f"Saturation, {at_once} at a time, 2,000 chunks each", rows)
        summary[f"chunks, {at_once} at a time"] = compare_speeds(speed, "/s")
    return summary


def measure_whole_answers(bench: Bench) -> dict[str, Row]:
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
    return {"whole answers, 32 at a time": compare_speeds(medians, "/s")}


def measure_processor(bench: Bench) -> dict[str, Row]:
    history = build_history()
    short = bench.measure_cpu(build_chat(20), 50)
    long = bench.measure_cpu(build_chat(2000), 10) / 2
    turns = bench.measure_cpu(build_chat(20, messages=history), 50)
    tools = bench.measure_cpu(build_chat(20, messages=history, tools=build_tools()), 50)
    picture = bench.measure_cpu(build_chat(20, messages=build_pictures(1, 1860)), 5)
    rows = {
        "20 chunks": f"{short * 1000:.2f} ms",
        "2,000 chunks": f"{long * 1000:.2f} ms per 1,000",
        "100 turns, 400 KB": f"{turns * 1000:.2f} ms",
        "the same, 30 tools": f"{tools * 1000:.2f} ms",
        "a picture of 10 MB": f"{picture * 1000:.0f} ms",
    }
    return {f"processor time, {name}": {"chat": value} for name, value in rows.items()}


def measure_pictures(bench: Bench) -> dict[str, Row]:
    """Measure a body of 20 MB with 12 pictures: the time until the first words, and the memory."""
    body = build_chat(20, messages=build_pictures(12, 640))
    targets = [target for target in bench.targets if target.name in ("proxy", "chat")]
    requests = {target.name: target.request(body) for target in targets}
    before = read_peak_memory(bench.bridge)
    first: dict[str, list[float]] = {target.name: [] for target in targets}
    for _ in range(5):
        for target in targets:
            timings = asyncio.run(send_requests(target, requests[target.name], 1, 1))
            first[target.name].append(timings[0].first)
    size = len(requests["chat"])
    medians = {name: statistics.median(found) for name, found in first.items()}
    peak = (read_peak_memory(bench.bridge) - before) / size
    return {
        f"{size / 1e6:.0f} MB with 12 pictures, first words": {
            name: f"{median * 1000:.0f} ms ({median / medians['proxy']:.1f} ×)"
            for name, median in medians.items()
        },
        "the same, memory at most": {"chat": f"{peak:.1f} × the body"},
    }


def read_peak_memory(process: psutil.Process) -> int:
    """Return the most bytes that a process has had (RSS); Linux only."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def measure_memory(bench: Bench) -> dict[str, Row]:
    idle = bench.bridge.memory_info().rss / MiB
    chat = bench.targets[-1]
    request = chat.request(build_chat(20))
    asyncio.run(send_requests(chat, request, 200, 8))
    before = bench.bridge.memory_info().rss / MiB
    asyncio.run(send_requests(chat, request, 2000, 8))
    after = bench.bridge.memory_info().rss / MiB
    return {
        "memory, idle": {"chat": f"{idle:.0f} MB"},
        "memory, after 2,000 streamed answers": {"chat": f"{after - before:+.1f} MB"},
    }


def print_summary(rows: Mapping[str, Row], targets: Sequence[str]) -> None:
    """Print a table in Markdown; × compares with the proxy."""
    print(f"\n| {time.strftime('%Y-%m-%d')} | " + " | ".join(targets) + " |")
    print("|---" * (len(targets) + 1) + "|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(row.get(target, "–") for target in targets) + " |")


def main(scale: float, peers: Mapping[str, str]) -> None:
    """Print the tables."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        upstream, _ = stack.enter_context(start_program("tests.benchmarks.wire.upstream"))
        proxy, _ = stack.enter_context(start_program("tests.benchmarks.wire.proxy", upstream))
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
            Target("responses", bridge, "/v1/responses", OPENAI, to_response_body),
            Target("messages", bridge, "/v1/messages", ANTHROPIC),
            Target("chat", bridge, "/v1/chat/completions", OPENAI),
        ]
        for name, program in peers.items():
            peer = start_peer(name, program, upstream, MODEL, KEY, home)
            targets.insert(2, stack.enter_context(peer))
        time.sleep(5)  # imports go on after the socket listens
        bench = Bench(targets, psutil.Process(process.pid), scale)
        summary: dict[str, Row] = {}
        for measure in (
            measure_memory,
            measure_pictures,
            measure_latency,
            measure_pace,
            measure_throughput,
            measure_whole_answers,
            measure_processor,
        ):
            summary |= measure(bench)
        print_summary(summary, [target.name for target in targets])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the requests")
    parser.add_argument("--peers", nargs="*", default=[], metavar="NAME=PATH", help="others beside")
    given = parser.parse_args()
    main(0.2 if given.quick else 1.0, parse_peers(given.peers))
