"""Prints where the bridge spends a request: its bytecode by module, as a table in Markdown.

`python -m tests.benchmarks.wire.profile [--earlier PATH] [--lines 12]`. Unlike times, these counts
are nearly the same however busy the machine is. They tell nothing of code in C and of the system's
calls. PATH is the folder of another checkout of the bridge: its profile stands beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.wire.bodies import build_chat
from tests.benchmarks.wire.load import Target, send_requests
from tests.benchmarks.wire.peers import read_commit
from tests.benchmarks.wire.programs import KEY, start_program
from tests.benchmarks.wire.table import Row, format_table
from tests.benchmarks.wire.targets import ENDPOINTS

ROOT = Path(__file__).parents[3]
_RUNNER = Path(__file__).with_name("bytecode.py")
_WARM_UP = 50
_COUNTED = 20
_LOADED_SECONDS = 5.0
_PATIENCE_SECONDS = 60.0
WORKLOADS = {"whole": build_chat(20, stream=False), "streamed": build_chat(20)}
TOTAL = "all"


def name_module(file: str, root: Path) -> str:
    """Return what a file is called in the table: ours by file, others by package."""
    if file.startswith("<"):
        return "generated code"
    path = Path(file)
    if path.is_relative_to(root / "bridge"):
        return str(path.relative_to(root))
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1].removesuffix(".py")
    library = Path(os.__file__).parent
    if path.is_relative_to(library):
        return path.relative_to(library).parts[0].removesuffix(".py")
    return path.name


def sum_by_module(counts: Mapping[str, int], root: Path) -> Counter[str]:
    modules: Counter[str] = Counter()
    for file, count in counts.items():
        modules[name_module(file, root)] += count
    return modules


def build_rows(profiles: Mapping[str, Counter[str]], most: int) -> dict[str, Row]:
    """Return the heaviest modules, each with its instructions and its share of all."""
    totals = {name: sum(counts.values()) for name, counts in profiles.items()}
    heaviest = sum(profiles.values(), Counter()).most_common(most)
    rows: dict[str, Row] = {TOTAL: {name: f"{total:,}" for name, total in totals.items()}}
    for module, _ in heaviest:
        rows[module] = {
            name: f"{counts[module]:,} ({counts[module] / totals[name]:.1%})"
            for name, counts in profiles.items()
            if counts[module]
        }
    return rows


@contextmanager
def start_counted(root: Path, upstream: str) -> Iterator[tuple[Target, int, Path]]:
    """Start the bridge of a checkout; yield its chats, its process and where it writes counts."""
    with tempfile.TemporaryDirectory() as home:
        output = Path(home) / "bytecode.json"
        environment = {
            **os.environ,
            "PYTHONPATH": str(root),
            "CLAUDE_BRIDGE_HOME": home,
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": upstream,
        }
        words = ["serve", "--port", "0", "--backend", "anthropic", "--log-level", "WARNING"]
        with subprocess.Popen(
            [sys.executable, "-P", str(_RUNNER), str(output), *words],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                url = process.stdout.readline().split()[-1]
                time.sleep(_LOADED_SECONDS)
                yield ENDPOINTS["chat"].at("counted", url, process.pid), process.pid, output
            finally:
                process.terminate()


def count(target: Target, pid: int, output: Path, request: bytes) -> dict[str, int]:
    """Return the instructions of one request by file, of requests one after the other."""
    asyncio.run(send_requests(target, request, _WARM_UP, 1))
    output.unlink(missing_ok=True)
    os.kill(pid, signal.SIGUSR1)
    # The handler runs when the loop wakes up; the first request does that.
    asyncio.run(send_requests(target, request, _COUNTED, 1))
    os.kill(pid, signal.SIGUSR2)
    until = time.monotonic() + _PATIENCE_SECONDS
    while not output.exists():
        if time.monotonic() > until:
            raise TimeoutError("the bridge did not write its counts")
        time.sleep(0.05)
    counts: dict[str, int] = json.loads(output.read_text())
    return {file: round(number / _COUNTED) for file, number in counts.items()}


def profile(root: Path) -> dict[str, Counter[str]]:
    """Return the bytecode of each workload by module."""
    with (
        start_program("tests.benchmarks.wire.upstream") as (upstream, _),
        start_counted(root, upstream) as (target, pid, output),
    ):
        return {
            name: sum_by_module(count(target, pid, output, target.request(body)), root)
            for name, body in WORKLOADS.items()
        }


def main(roots: Sequence[Path], most: int) -> None:
    """Print the table."""
    profiles = {}
    for root in roots:
        for name, counts in profile(root).items():
            profiles[f"{name}, {read_commit(str(root))}"] = counts
    head = f"Python {platform.python_version()}, aiohttp {version('aiohttp')}"
    print(format_table(head, build_rows(profiles, most), list(profiles)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--earlier", type=Path, metavar="PATH", help="another checkout beside")
    parser.add_argument("--lines", type=int, default=12, help="how many modules are shown")
    given = parser.parse_args()
    main([ROOT, *([given.earlier.absolute()] if given.earlier else [])], given.lines)
