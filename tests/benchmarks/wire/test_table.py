"""The summary is a table in Markdown, with a dash where nothing was measured."""

from __future__ import annotations

from tests.benchmarks.wire.table import format_table


def test_each_target_is_a_column() -> None:
    rows = {
        "whole answers": {"proxy": "3,986 /s (1.00 ×)", "chat": "1,110 /s (0.28 ×)"},
        "memory, idle": {"chat": "75 MB"},
    }

    assert format_table("2026-11-30, Python 3.11.7", rows, ["proxy", "chat"]).splitlines() == [
        "| 2026-11-30, Python 3.11.7 | proxy | chat |",
        "| --- | --- | --- |",
        "| whole answers | 3,986 /s (1.00 ×) | 1,110 /s (0.28 ×) |",
        "| memory, idle | – | 75 MB |",
    ]
