"""What is measured of the targets: each function measures some lines of the table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.benchmarks.wire import rounds as over
from tests.benchmarks.wire.bench import Bench, Rounds, read_memory
from tests.benchmarks.wire.bodies import build_chat, build_history, build_pictures, build_tools
from tests.benchmarks.wire.load import Timing
from tests.benchmarks.wire.table import Row, format_detail

MiB = 1024 * 1024
Lines = dict[str, Row]


def get_first(timing: Timing) -> float:
    return timing.first * 1000


def get_whole(timing: Timing) -> float:
    return timing.whole * 1000


def get_by_round(
    rounds: Rounds, summarize: Callable[[Sequence[float]], float], of: Callable[[Timing], float]
) -> dict[str, dict[int, float]]:
    return {
        name: {turn: summarize([of(timing) for timing in one.timings]) for turn, one in has.items()}
        for name, has in rounds.items()
    }


def get_all(rounds: Rounds, of: Callable[[Timing], float]) -> dict[str, list[float]]:
    return {
        name: [of(timing) for one in has.values() for timing in one.timings]
        for name, has in rounds.items()
    }


def tell_latency(title: str, rounds: Rounds) -> None:
    first, whole = get_all(rounds, get_first), get_all(rounds, get_whole)
    rows = {
        name: [
            f"first {statistics.median(first[name]):.2f} ms",
            f"p99 {over.get_p99(first[name]):.2f} ms",
            f"whole {statistics.median(whole[name]):.2f} ms",
            f"p99 {over.get_p99(whole[name]):.2f} ms",
            f"of {len(first[name])}",
        ]
        for name in rounds
    }
    print(format_detail(title, rows), flush=True)


def measure_first_words(bench: Bench) -> Lines:
    """Measure one at a time: what a server adds to the time until the first words."""
    rounds = bench.run_rounds(build_chat(20), 40, 1, rounds=25)
    tell_latency("Latency, 1 at a time, 20 chunks, streamed", rounds)
    added = over.subtract_base(get_by_round(rounds, statistics.median, get_first), "direct")
    ratios = over.get_ratios(added, "proxy")
    return {
        "added to the first words": {
            name: f"{value:.2f} ms ({ratios[name]:.1f} ×)"
            for name, value in over.get_medians(added).items()
        }
    }


def measure_crowd(bench: Bench) -> Lines:
    """Measure 32 at a time: the first words that come after those of 99 % of the requests."""
    rounds = bench.run_rounds(build_chat(20), 256, 32, rounds=12)
    tell_latency("Latency, 32 at a time, 20 chunks, streamed", rounds)
    p99 = {name: over.get_p99(values) for name, values in get_all(rounds, get_first).items()}
    more = over.get_differences(get_by_round(rounds, over.get_p99, get_first), "proxy")
    return {
        "first words, 32 at a time, p99": {
            name: f"{value:.1f} ms ({more[name]:+.1f})" for name, value in p99.items()
        }
    }


def measure_pace(bench: Bench) -> Lines:
    """Measure how late each word arrives; upstream writes one every 5 ms, with the time in it."""
    lines: Lines = {}
    said = [{"role": "user", "content": "deltas=100 every=5"}]
    for at_once in (1, 32):
        found = bench.measure_pace(build_chat(100, messages=said), at_once)
        late = {name: [delay * 1000 for delay in delays] for name, delays in found.items()}
        medians = {name: f"{statistics.median(delays):.2f} ms" for name, delays in late.items()}
        rows = {
            name: [medians[name], f"p99 {over.get_p99(delays):.2f} ms"]
            for name, delays in late.items()
        }
        title = f"Delay of a chunk, {at_once} at a time, one each 5 ms"
        print(format_detail(title, rows), flush=True)
        lines[f"delay of a chunk, {at_once} at a time"] = medians
    return lines


def measure_throughput(bench: Bench) -> Lines:
    lines: Lines = {}
    for at_once in (1, 8):
        rounds = bench.run_rounds(build_chat(2000), at_once * 2, at_once, rounds=9)
        whole = get_by_round(rounds, statistics.median, get_whole)
        speeds = {
            name: {turn: 2_000_000 * at_once / value for turn, value in has.items()}
            for name, has in whole.items()
        }
        title = f"Saturation, {at_once} at a time, 2,000 chunks each"
        lines[f"chunks, {at_once} at a time"] = compare_speeds(title, speeds)
    return lines


def measure_whole_answers(bench: Bench) -> Lines:
    rounds = bench.run_rounds(build_chat(20, stream=False), 320, 32, rounds=15)
    speeds = {
        name: {turn: len(one.timings) / one.seconds for turn, one in has.items()}
        for name, has in rounds.items()
    }
    title = "Whole answers of 20 chunks, 32 at a time"
    return {"whole answers, 32 at a time": compare_speeds(title, speeds)}


def compare_speeds(title: str, speeds: over.Measured) -> Row:
    medians, ratios = over.get_medians(speeds), over.get_ratios(speeds, "proxy")
    rows = {name: [f"{speed:,.0f} /s", f"{ratios[name]:.3f} ×"] for name, speed in medians.items()}
    print(format_detail(title, rows), flush=True)
    return {name: f"{speed:,.0f} /s ({ratios[name]:.2f} ×)" for name, speed in medians.items()}


def measure_processor(bench: Bench) -> Lines:
    """Measure the processor time of one request in each server's processes."""
    history = build_history()
    lines: Lines = {}
    for title, body, count, unit in (
        ("20 chunks", build_chat(20), 400, 1),
        ("1,000 of 2,000 chunks", build_chat(2000), 40, 2),
        ("100 turns, 400 KB", build_chat(20, messages=history), 150, 1),
        ("the same, 30 tools", build_chat(20, messages=history, tools=build_tools()), 150, 1),
        ("a picture of 10 MB", build_chat(20, messages=build_pictures(1, 1860)), 10, 1),
    ):
        lines[f"processor time, {title}"] = compare_processor(bench, body, count, unit)
    return lines


def compare_processor(bench: Bench, body: Mapping[str, Any], count: int, unit: int) -> Row:
    """Return the milliseconds of each server; `unit`: how many pieces a request counts for."""
    row = {}
    for target in bench.list_able(body):
        if target.pid is not None:
            seconds = bench.measure_cpu(target, body, count)
            if seconds is not None:
                row[target.name] = f"{seconds * 1000 / unit:.2f} ms"
    return row


def measure_pictures(bench: Bench) -> Lines:
    """Measure a body of 20 MB with 12 pictures: the time until the first words, and the memory."""
    body = build_chat(20, messages=build_pictures(12, 640))
    size = len(bench.targets[0].request(body))
    peaks = {}
    for target in bench.list_able(body):
        if target.pid is not None and (peak := bench.measure_peak(target, body)) is not None:
            peaks[target.name] = f"{peak / size:.1f} × the body"
    rounds = bench.run_rounds(body, 1, 1, rounds=9)
    first = get_by_round(rounds, statistics.median, get_first)
    ratios = over.get_ratios(first, "proxy")
    medians = over.get_medians(first)
    return {
        f"{size / 1e6:.0f} MB with 12 pictures, first words": {
            name: f"{value:.0f} ms ({ratios[name]:.1f} ×)" for name, value in medians.items()
        },
        "the same, memory at most": peaks,
    }


def measure_memory(bench: Bench) -> Lines:
    """Measure the memory of each server, before and after many answers."""
    idle = {
        # The bridge's endpoints are one process: it stands with the first of them.
        pid: (target.name, f"{read_memory(pid) / MiB:.0f} MB")
        for target in reversed(bench.targets)
        if (pid := target.pid) is not None
    }
    body = build_chat(20)
    more = {}
    for target in bench.list_able(body, 8):
        if (
            target.pid is not None
            and (grown := bench.measure_growth(target, body, 1000)) is not None
        ):
            more[target.name] = f"{grown / MiB:+.1f} MB"
    return {"memory, idle": dict(idle.values()), "memory, after 1,000 streamed answers": more}


MEASURES: Sequence[Callable[[Bench], Lines]] = (
    measure_memory,
    measure_pictures,
    measure_first_words,
    measure_crowd,
    measure_pace,
    measure_throughput,
    measure_whole_answers,
    measure_processor,
)
