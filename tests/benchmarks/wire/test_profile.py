"""The profile: bytecode by module, the heaviest first, with the share of each."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.benchmarks.wire.bytecode import BytecodeCounter
from tests.benchmarks.wire.profile import ROOT, build_rows, name_module


@pytest.mark.parametrize(
    ("file", "module"),
    [
        (str(ROOT / "bridge/wire/sse.py"), "bridge/wire/sse.py"),
        ("/venv/lib/python3.11/site-packages/aiohttp/web_protocol.py", "aiohttp"),
        ("/venv/lib/python3.11/site-packages/typing_extensions.py", "typing_extensions"),
        (asyncio.__file__, "asyncio"),
        (os.__file__, "os"),
        ("<string>", "generated code"),
    ],
)
def test_ours_are_named_by_file_and_others_by_package(file: str, module: str) -> None:
    assert name_module(file, ROOT) == module


def test_the_heaviest_modules_come_first_with_their_shares() -> None:
    profiles = {
        "whole": Counter({"aiohttp": 700, "asyncio": 200, "json": 100}),
        "streamed": Counter({"aiohttp": 500, "asyncio": 1500}),
    }

    assert build_rows(profiles, most=2) == {
        "all": {"whole": "1,000", "streamed": "2,000"},
        "asyncio": {"whole": "200 (20.0%)", "streamed": "1,500 (75.0%)"},
        "aiohttp": {"whole": "700 (70.0%)", "streamed": "500 (25.0%)"},
    }


def test_a_module_that_did_not_run_has_no_figure() -> None:
    profiles = {"whole": Counter({"json": 1}), "streamed": Counter({"aiohttp": 1})}

    assert build_rows(profiles, most=2)["json"] == {"whole": "1 (100.0%)"}


def count_of(work: int, folder: Path) -> int:
    """Return the bytecode that `work` turns of a loop take, by this file's code."""
    counter = BytecodeCounter(folder / "counts.json")
    tracing = sys.gettrace()
    counter.begin(0, None)
    spend(work)
    counter.end(0, None)
    sys.settrace(tracing)
    return int(json.loads((folder / "counts.json").read_text())[__file__])


def spend(turns: int) -> None:
    for _ in range(turns):
        pass


def test_twice_the_work_is_twice_the_bytecode(tmp_path: Path) -> None:
    once, twice, thrice = (count_of(turns, tmp_path) for turns in (100, 200, 300))

    assert thrice - twice == twice - once > 100
