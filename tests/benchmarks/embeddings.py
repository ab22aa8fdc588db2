"""A chat stream beside a batch of embeddings: how much later its chunks come.

`python -m tests.benchmarks.embeddings`: the bridge, the fake upstream, the reader of the stream and
the program that embeds 1,000 texts are processes of their own, as they are on a person's machine.
The same stream without the batch stands beside it, from the same run.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.embeddings.small_model import write_model

ROUNDS = 7
PACE = 0.005
"""Seconds between two chunks upstream."""

EMBED = """
import http.client, json, sys, time
body = json.dumps({"model": "text-embedding-3-small", "encoding_format": "base64",
                   "input": ["king queen bread unknown baker " * 4] * 1000})
sys.stdin.readline()
started = time.perf_counter()
bridge = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
bridge.request("POST", "/v1/embeddings", body, {"Content-Type": "application/json"})
answer = bridge.getresponse().read()
print(time.perf_counter() - started if len(json.loads(answer)["data"]) == 1000 else "failed")
"""


def main() -> None:
    """Print the longest gap between two chunks of each round, in milliseconds beyond the pace."""
    with (
        tempfile.TemporaryDirectory() as folder,
        run_server("tests.fake_anthropic", {}) as upstream,
    ):
        home = Path(folder)
        model = write_model(home / "model")
        environment = {
            "CLAUDE_BRIDGE_HOME": folder,
            "CLAUDE_BRIDGE_BACKEND": "anthropic",
            "CLAUDE_BRIDGE_EMBEDDING_MODEL": str(model),
            "ANTHROPIC_API_KEY": "sk-ant-test",
            "ANTHROPIC_BASE_URL": upstream,
        }
        with run_server("bridge", environment) as url:
            port = int(url.rpartition(":")[2])
            measure_beside(port)  # so that all is loaded
            without = [find_longest_gap(port, None) for _ in range(ROUNDS)]
            with_it, took = zip(*(measure_beside(port) for _ in range(ROUNDS)), strict=True)
    print_gaps("alone", without)
    print_gaps("beside 1,000 texts", with_it)
    print(f"the batch itself: {statistics.median(took) * 1000:.0f} ms (median)")


def print_gaps(name: str, gaps: tuple[float, ...] | list[float]) -> None:
    each = " ".join(f"{(gap - PACE) * 1000:.0f}" for gap in gaps)
    median = (statistics.median(gaps) - PACE) * 1000
    print(f"longest delay of a chunk, {name}: {median:.1f} ms (median of {each})")


@contextmanager
def run_server(module: str, environment: dict[str, str]) -> Iterator[str]:
    """Start a server in its own process; yield the address that it prints first."""
    arguments = ["--port", "0", "--print-url"] if module.startswith("tests") else ["serve"]
    if module == "bridge":
        arguments += ["--port", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1].rstrip("/")
        process.terminate()


def measure_beside(port: int) -> tuple[float, float]:
    """Return the longest gap while the texts are embedded, and the seconds that took."""
    with subprocess.Popen(
        [sys.executable, "-c", EMBED, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        gap = find_longest_gap(port, other)
        return gap, float(other.stdout.read())


def find_longest_gap(port: int, other: subprocess.Popen[str] | None) -> float:
    """Return the longest gap between chunks; the other program starts at the twentieth."""
    play = json.dumps({"text": "word " * 300, "delay": PACE})
    said = {"role": "user", "content": f"<<<{play}>>>"}
    bridge = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"model": "default", "stream": True, "messages": [said]})
    bridge.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
    answer = bridge.getresponse()
    gaps: list[float] = []
    last = time.perf_counter()
    while line := answer.readline():
        if not line.startswith(b'data: {"id'):
            continue
        now = time.perf_counter()
        gaps.append(now - last)
        last = now
        if len(gaps) == 20 and other is not None and other.stdin is not None:
            other.stdin.write("\n")
            other.stdin.flush()
    assert len(gaps) > 300, "the stream broke off"
    return max(gaps[20:])


if __name__ == "__main__":
    main()
