"""Compares the bridge's endpoints with a direct connection, a proxy that copies bytes, and peers.

`python -m tests.benchmarks.wire [--quick] [--peers litellm=PATH …] [--endpoint responses]`.
Upstream, proxy, bridge, peers and client are processes of their own. PATH is the program of that
peer, of its own environment; for `earlier`, the folder of another checkout of the bridge, so that
one run shows before and after. What is printed last is the table of docs/speed.md.

The targets take turns in rounds, each time in another order. A value is the median over the rounds
(p99: of all requests of all rounds, 3,072 for 32 at a time); a comparison with the proxy is made in
each round, and its median is printed. Peers that are too slow for that send fewer requests and
leave rounds out. What a peer does not answer is left out, and why is printed.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.wire.bench import Bench
from tests.benchmarks.wire.bodies import MODEL
from tests.benchmarks.wire.lines import MEASURES, Lines
from tests.benchmarks.wire.load import Target
from tests.benchmarks.wire.peers import PEERS, parse_peers, start_peer
from tests.benchmarks.wire.programs import KEY, start_program
from tests.benchmarks.wire.table import format_table
from tests.benchmarks.wire.targets import ENDPOINTS

_LOADED_SECONDS = 5.0
"""Imports go on after the socket listens."""


@contextmanager
def start_targets(peers: Mapping[str, str], endpoint: str) -> Iterator[list[Target]]:
    """Start everything that is measured; a peer that does not start ends the run."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream, _ = stack.enter_context(start_program("tests.benchmarks.wire.upstream"))
        proxy, copying = stack.enter_context(start_program("tests.benchmarks.wire.proxy", upstream))
        own = {
            **os.environ,
            "CLAUDE_BRIDGE_HOME": str(home / "bridge"),
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": upstream,
        }
        words = ("serve", "--port", "0", "--backend", "anthropic", "--log-level", "WARNING")
        bridge, process = stack.enter_context(start_program("bridge", *words, environment=own))
        messages = ENDPOINTS["messages"]
        targets = [
            messages.at("direct", upstream, None),
            messages.at("proxy", proxy, copying.pid),
            *(one.at(name, bridge, process.pid) for name, one in ENDPOINTS.items()),
        ]
        for name, program in peers.items():
            starting = start_peer(name, program, endpoint, upstream, MODEL, KEY, home)
            targets.append(stack.enter_context(starting))
        time.sleep(_LOADED_SECONDS)
        yield targets


def describe_run(endpoint: str) -> str:
    """Say when and with what was measured, for the head of the table."""
    with_ = f"Python {platform.python_version()}, aiohttp {version('aiohttp')}"
    asked = "" if endpoint == "chat" else f", others asked at {ENDPOINTS[endpoint].path}"
    return f"{time.strftime('%Y-%m-%d')}, {with_}{asked}"


def main(scale: float, peers: Mapping[str, str], endpoint: str) -> None:
    """Print the tables."""
    started = time.monotonic()
    with start_targets(peers, endpoint) as targets:
        bench = Bench(targets, scale)
        lines: Lines = {}
        for measure in MEASURES:
            begun = time.monotonic()
            lines |= measure(bench)
            print(f"({measure.__name__}: {time.monotonic() - begun:.0f} s)", flush=True)
        names = [target.name for target in targets]
    print(f"\nThis took {time.monotonic() - started:.0f} seconds.\n")
    print(format_table(describe_run(endpoint), lines, names))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the requests")
    parser.add_argument(
        "--peers", nargs="*", default=[], metavar="NAME=PATH", help=f"of {', '.join(PEERS)}"
    )
    parser.add_argument(
        "--endpoint", choices=ENDPOINTS, default="chat", help="what the peers are asked for"
    )
    given = parser.parse_args()
    main(0.2 if given.quick else 1.0, parse_peers(given.peers), given.endpoint)
