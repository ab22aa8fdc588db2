"""Runs the bridge and counts the bytecode that its loop's thread executes, by source file.

`python -P bytecode.py OUTPUT serve …`, with the checkout's folder in PYTHONPATH: the bridge of that
folder is run, so this file imports nothing else of ours. SIGUSR1 begins to count; SIGUSR2 ends it,
and writes a JSON object to OUTPUT: how many instructions of bytecode each file's code has executed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any


class BytecodeCounter:
    """Counts each instruction of Python's bytecode, by the file that it was compiled from."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._counts: Counter[str] = Counter()

    def begin(self, _number: int, frame: FrameType | None) -> None:
        # Frames that run already would count their lines with an earlier counter's function.
        while frame:
            frame.f_trace = None
            frame = frame.f_back
        self._counts.clear()
        sys.settrace(self._trace)

    def end(self, _number: int, _frame: FrameType | None) -> None:
        sys.settrace(None)
        written = self._output.with_suffix(".part")
        written.write_text(json.dumps(self._counts))
        os.replace(written, self._output)

    def _trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            self._counts[frame.f_code.co_filename] += 1
        return self._trace


def main(output: Path, arguments: list[str]) -> None:
    """Run `claude-bridge` with these arguments."""
    from bridge.cli.main import main as run_bridge

    counter = BytecodeCounter(output)
    signal.signal(signal.SIGUSR1, counter.begin)
    signal.signal(signal.SIGUSR2, counter.end)
    sys.argv = ["claude-bridge", *arguments]
    run_bridge()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
