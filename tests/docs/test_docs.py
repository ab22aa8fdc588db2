"""What the pages say is so: tables, links, and that they can be built."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from bridge.server.state import Bridge
from bridge.wire.chat import ChatRequest
from tests.docs.pages import PAGES, ROOT, without_code
from tests.docs.samples import PARAMETERS
from tests.docs.tables import TABLES, filled

_LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(?P<words>.+?) *$", re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_tables_are_as_the_code_has_them(page: Path) -> None:
    text = page.read_text("utf-8")
    assert filled(text) == text, "python -m tests.docs.tables"


def test_every_table_is_somewhere() -> None:
    everything = "".join(page.read_text("utf-8") for page in PAGES)
    assert {name for name in TABLES if f"<!-- table: {name} -->" not in everything} == set()


def test_every_parameter_of_a_chat_has_its_example() -> None:
    ours = ("model", "messages", "previous_response_id")
    assert [*PARAMETERS] == [name for name in ChatRequest.model_fields if name not in ours]


def test_they_are_built_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    assert (tmp_path / "architecture.html").read_text("utf-8").count('class="mermaid"') >= 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for found in _LINK.finditer(without_code(page.read_text("utf-8"))):
        to, _, anchor = found["to"].partition("#")
        if to.startswith(("http://", "https://")):
            continue
        target = (page.parent / to).resolve() if to else page
        assert target.exists(), f"{page.name}: {found['to']}"
        assert target.is_relative_to(ROOT)
        if anchor:
            assert anchor in _anchors(target), f"{page.name}: {found['to']}"


async def test_the_numbers_of_the_prometheus_example_are_there(bridge: Bridge) -> None:
    page = await asyncio.to_thread((ROOT / "docs" / "monitoring.md").read_text, "utf-8")
    names = set(re.findall(r"bridge_\w+", page))
    async with aiohttp.ClientSession() as session, session.get(f"{bridge.url}/metrics") as answer:
        told = await answer.text()
    families = set(re.findall(r"^# TYPE (\w+)", told, re.M))
    assert names
    assert {re.sub(r"_(bucket|count|sum)$", "", name) for name in names} <= families


def _anchors(page: Path) -> set[str]:
    words = (found["words"] for found in _HEADING.finditer(page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", word.lower()).replace(" ", "-") for word in words}
