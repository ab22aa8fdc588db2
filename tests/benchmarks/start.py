"""Measures how soon `claude-bridge serve` listens and answers, its memory when idle, and `status`.

Run it with `python -m tests.benchmarks.start`; beside it stands the time that the interpreter alone
takes, and that with the two imports no server here can do without.
"""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import psutil

RUNS = 9
IDLE_AFTER = 6.0
"""Seconds for the SDK's import, which goes on behind the listening socket."""


def main() -> None:
    """Print medians in milliseconds, and megabytes."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "CLAUDE_BRIDGE_HOME": home, "ANTHROPIC_API_KEY": "sk-ant-x"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        serve(environment)  # compiles the bytecode
        print(f"python -c pass                    {median(lambda: run(environment, 'pass'))}")
        imports = "import aiohttp.web, pydantic_settings"
        print(f"python -c 'import aiohttp.web, …' {median(lambda: run(environment, imports))}")
        print(f"claude-bridge serve, listening    {median(lambda: serve(environment))}")
        print(f"claude-bridge serve, first answer {median(lambda: answer(environment))}")
        print(f"claude-bridge status              {status(environment)}")
        print(f"idle, anthropic loaded            {idle_memory(environment):.0f} MB (RSS)")


def median(measure: Callable[[], float]) -> str:
    return f"{statistics.median(measure() for _ in range(RUNS)) * 1000:.0f} ms"


def run(environment: dict[str, str], code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    return time.perf_counter() - started


def serve(environment: dict[str, str]) -> float:
    started = time.perf_counter()
    with launched(environment) as process:
        seconds = time.perf_counter() - started
        process.terminate()
    return seconds


def answer(environment: dict[str, str]) -> float:
    """Return the seconds until `/health` has answered; the client tries all the time."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = time.perf_counter()
    command = [sys.executable, "-m", "bridge", "serve", "--port", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as process:
        while not is_answering(port):
            time.sleep(0.002)
        seconds = time.perf_counter() - started
        process.terminate()
    return seconds


def is_answering(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def status(environment: dict[str, str]) -> str:
    """Return the median of `claude-bridge status` beside a running server."""

    def ask() -> float:
        started = time.perf_counter()
        command = [sys.executable, "-m", "bridge", "status"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started

    with launched(environment) as process:
        result = median(ask)
        process.terminate()
    return result


def idle_memory(environment: dict[str, str]) -> float:
    with launched(environment) as process:
        time.sleep(IDLE_AFTER)
        used = psutil.Process(process.pid).memory_info().rss / 1e6
        process.terminate()
    return used


def launched(environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start a server; return when it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Listening on ")
    return process


if __name__ == "__main__":
    main()
