"""Counts the instructions of the bridge for one request, as times those of a byte-copying proxy.

`python -m tests.benchmarks.instructions [--save]`, with valgrind. Unlike times, these counts hardly
depend on what else the machine does, and as times the proxy's, also little on the interpreter.
`--save` writes them to `instructions.json`, which `test_instructions.py` compares with.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.inspect.recorder import turn_recorder_on
from tests.benchmarks.wire.bodies import build_chat, to_response_body
from tests.benchmarks.wire.load import Target, send_requests
from tests.benchmarks.wire.programs import ANTHROPIC, KEY, OPENAI, start_program

SAVED = Path(__file__).with_suffix(".json")
_WARM_UP = 60
"""Requests before counting: until then, the interpreter still specializes its bytecode."""
_COUNTED = 60
_LOADED_SECONDS = 3.0
_TOTALS = re.compile(r"^totals: (\d+)$", re.MULTILINE)


WORKLOADS: Mapping[str, tuple[str, Mapping[str, str], Mapping[str, Any]]] = {
    "chat, whole": ("/v1/chat/completions", OPENAI, build_chat(20, stream=False)),
    "chat, streamed": ("/v1/chat/completions", OPENAI, build_chat(20)),
    "responses, streamed": ("/v1/responses", OPENAI, to_response_body(build_chat(20))),
    "messages, streamed": ("/v1/messages", ANTHROPIC, build_chat(20)),
}
"""Path, headers and body; an answer has 20 deltas."""
_RECORDED = ", recorded"
RECORDED = tuple(f"chat, {how}{_RECORDED}" for how in ("whole", "streamed"))
"""The same again while the recorder of `/inspect` is on."""
_OF_PROXY = ("/v1/messages", ANTHROPIC, build_chat(20, stream=False))
"""A whole answer is copied in one piece; a streamed one in pieces as they happen to arrive."""


class Counted:
    """A server under callgrind, which counts only when it is told to."""

    def __init__(self, url: str, process: subprocess.Popen[str], folder: Path) -> None:
        self.url = url
        self._pid = process.pid
        self._folder = folder

    def count(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> float:
        """Return the instructions of one request, which are sent one after the other."""
        target = Target("counted", self.url, path, headers)
        request = target.request(body)
        asyncio.run(send_requests(target, request, _WARM_UP, 1))
        self._control("--zero")
        self._control("--instr=on")
        asyncio.run(send_requests(target, request, _COUNTED, 1))
        self._control("--instr=off")
        self._control("--dump")
        dumps = sorted(self._folder.glob("out.*"), key=lambda path: path.stat().st_mtime_ns)
        found = _TOTALS.findall(dumps[-1].read_text())
        return int(found[-1]) / _COUNTED

    def _control(self, option: str) -> None:
        command = ["callgrind_control", option, str(self._pid)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


@contextmanager
def start_counted(
    module: str, *words: str, environment: Mapping[str, str] | None = None
) -> Iterator[Counted]:
    """Start a program under callgrind, as `start_program` does without."""
    with tempfile.TemporaryDirectory() as folder:
        files = f"--callgrind-out-file={folder}/out"
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", files]
        with start_program(module, *words, environment=environment, under=valgrind) as (
            url,
            process,
        ):
            yield Counted(url, process, Path(folder))


def measure(workloads: Sequence[str] = (*WORKLOADS, *RECORDED)) -> dict[str, float]:
    """Return the instructions of the bridge for each workload, as times those of the proxy."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        upstream, _ = stack.enter_context(start_program("tests.benchmarks.wire.upstream"))
        own = {
            **os.environ,
            "CLAUDE_BRIDGE_HOME": home,
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": upstream,
            "PYTHONHASHSEED": "0",
        }
        # Under valgrind, everything takes fifty times as long.
        own["CLAUDE_BRIDGE_HEADER_SECONDS"] = "100"
        words = ("serve", "--port", "0", "--backend", "anthropic", "--log-level", "WARNING")
        proxy = stack.enter_context(
            start_counted("tests.benchmarks.wire.proxy", upstream, environment=own)
        )
        bridge = stack.enter_context(start_counted("bridge", *words, environment=own))
        time.sleep(_LOADED_SECONDS)
        least = proxy.count(*_OF_PROXY)
        print(f"proxy: {least / 1e6:.3f} million")
        found = {}
        for name in workloads:
            if name in RECORDED:
                turn_recorder_on(bridge.url, Path(home))
            counted = bridge.count(*WORKLOADS[name.removesuffix(_RECORDED)])
            found[name] = round(counted / least, 3)
            print(f"{name}: {counted / 1e6:.3f} million, {found[name]:.2f} times the proxy's")
        return found


def main(*, save: bool) -> None:
    """Print the counts, and save them if asked."""
    found = measure()
    if save:
        SAVED.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    main(save=parser.parse_args().save)
