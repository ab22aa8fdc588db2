"""Each promise of the pages is still there, and has a test that exists."""

from __future__ import annotations

import ast
import tomllib
from functools import cache

import pytest

from bridge.computer import action_log
from bridge.log_file import FILE_BYTES, FILES
from bridge.server.api.responses import socket
from bridge.settings import Settings
from bridge.store import age, damaged_files, ledger, responses, thinking
from tests.docs.pages import ROOT
from tests.docs.promises import COMPLETE, NO_PROMISES, PROMISES
from tests.docs.statements import list_statements

_MEGABYTE = 1024 * 1024


def find_missing(page: str, beginnings: list[str]) -> list[str]:
    """Return the beginnings that no statement of the page has."""
    statements = list_statements(ROOT / page)
    return [text for text in beginnings if not any(one.startswith(text) for one in statements)]


@cache
def list_tests(file: str) -> frozenset[str]:
    """Return the names of the tests in a file; none if there is no such file."""
    path = ROOT / file
    tree = ast.parse(path.read_text("utf-8") if path.is_file() else "")
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, functions) and node.name.startswith("test_")
    )


def is_test(id: str) -> bool:
    file, _, name = id.partition("::")
    return name in list_tests(file)


@pytest.mark.parametrize("page", PROMISES)
def test_each_promise_is_on_its_page(page: str) -> None:
    assert find_missing(page, [*PROMISES[page], *NO_PROMISES.get(page, ())]) == []


@pytest.mark.parametrize("page", PROMISES)
def test_each_promise_has_tests_that_exist(page: str) -> None:
    assert [text for text, tests in PROMISES[page].items() if not tests] == []
    named = {id for tests in PROMISES[page].values() for id in tests}
    assert {id for id in named if not is_test(id)} == set()


@pytest.mark.parametrize("page", COMPLETE)
def test_each_sentence_is_a_promise_or_known_to_be_none(page: str) -> None:
    known = (*PROMISES[page], *NO_PROMISES[page])
    unknown = [one for one in list_statements(ROOT / page) if not one.startswith(known)]
    assert unknown == [], "add it to tests/docs/promises.py, with the test that holds it"


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    statements = list_statements(ROOT / "docs" / "privacy.md")
    rows = {row.split("|")[1].strip(): row for row in statements if row.startswith("|")}
    defaults = Settings.model_fields
    expected = {
        "`ledger.sqlite3`": [f"{ledger.KEEP_DAYS} days"],
        "`responses.sqlite3`": [
            f"up to {responses.MAX_ON_DISK:,} and {responses.MAX_BYTES_ON_DISK // 1024**3} GB",
            f"({defaults['response_days'].default:g})",
        ],
        "`*.sqlite3.damaged-DATE`": [f"the latest {damaged_files.MAX_DAMAGED} of each"],
        "`computer-log.jsonl`, `.1`": [
            f"{action_log.MAX_BYTES // _MEGABYTE} to {2 * action_log.MAX_BYTES // _MEGABYTE} MB"
        ],
        "`bridge.log`, in the logs folder": [f"the last {FILES * FILE_BYTES // 1_000_000} MB"],
        "responses": [
            f"up to {responses.IN_MEMORY.count:,} and {responses.IN_MEMORY.size // _MEGABYTE} MB",
            f"{responses.MEMORY_HOURS:g} hours",
        ],
        "a WebSocket's responses": [f"the latest {socket.MAX_REMEMBERED} of"],
        "turns with thinking and tool calls": [f"the latest {thinking.MAX_IN_MEMORY} |"],
    }
    wrong = {
        name: text for name, texts in expected.items() for text in texts if text not in rows[name]
    }
    assert wrong == {}
    assert defaults["thinking_days"].default == 0, "the page says: only if you set it"
    days = f"counts as {age.MAX_STEP / age.DAY:g} days at most"
    assert any(days in one for one in statements)
    delay = f"within {ledger._GATHER_SECONDS * 1000:g} ms"
    assert any(delay in one for one in list_statements(ROOT / "docs" / "limitations.md"))


def test_a_named_repository_is_where_to_report() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    page = (ROOT / "SECURITY.md").read_text("utf-8")
    assert [url for url in project.get("urls", {}).values() if url not in page] == []
