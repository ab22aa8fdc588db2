"""The pages agree with the code: tables, links, addresses; and they can be built."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from pydantic import BaseModel

from bridge.errors import list_errors
from bridge.server.api.routes import ENDPOINTS
from bridge.server.state import Bridge
from bridge.settings import find_paths
from bridge.wire.chat import ChatRequest
from bridge.wire.completions import CompletionRequest
from bridge.wire.responses import ResponsesRequest
from tests.docs import samples
from tests.docs.endpoints import list_undocumented
from tests.docs.pages import PAGES, ROOT, list_snippets, strip_code
from tests.docs.tables import TABLES, fill_tables

_LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(?P<words>.+?) *$", re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_tables_of_a_page_are_up_to_date(page: Path) -> None:
    text = page.read_text("utf-8")
    assert fill_tables(text) == text, "python -m tests.docs.tables"


def test_every_table_is_in_a_page() -> None:
    everything = "".join(page.read_text("utf-8") for page in PAGES)
    assert {name for name in TABLES if f"<!-- table: {name} -->" not in everything} == set()


@pytest.mark.parametrize(
    ("body", "own", "shown"),
    [
        (ChatRequest, {"model", "messages", "previous_response_id"}, samples.PARAMETERS),
        (ResponsesRequest, {"model", "input"}, samples.RESPONSES_PARAMETERS),
        (CompletionRequest, {"model", "prompt"}, samples.COMPLETIONS_PARAMETERS),
    ],
)
def test_every_parameter_has_an_example(
    body: type[BaseModel], own: set[str], shown: dict[str, Any]
) -> None:
    assert [*shown] == [name for name in body.model_fields if name not in own]


def test_every_error_code_has_a_row() -> None:
    page = (ROOT / "docs" / "errors.md").read_text("utf-8")
    rows = set(re.findall(r"^\| \d+ \| `(\w+)` \|", page, re.M))
    assert rows == {kind.outcome for kind in list_errors()}


def test_every_endpoint_with_several_fields_is_documented() -> None:
    assert list_undocumented() == {
        "/v1/responses/input_tokens",  # same fields as /v1/responses
        "/v1/messages/count_tokens",  # same fields as /v1/messages
        "/control/connections",
        "/control/connections/proof",
        "/control/extra-usage",
        "/control/keys",
        "/control/keys/remove",
        "/control/login",
        "/control/logout",
        "/control/codes",
        "/control/codes/redeem",
        "/control/tickets",
        "/control/tickets/redeem",
        "/computer/approvals/{id}",
        "/computer/approvals/{id}/extend",
        "/computer/apps/{id}",
        "/inspect",
        "/inspect/exchanges/{id}/estimate",
        "/inspect/exchanges/{id}/again",
    }


def test_every_stored_file_is_named() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text("utf-8")
    kept = find_paths()
    for path in (
        kept.ledger,
        kept.plan,
        kept.responses,
        kept.thinking,
        kept.computer_log,
        kept.computer_apps,
        kept.portal_token,
        kept.log_file,
    ):
        assert f"`{path.name}`" in page
    for path in (kept.control_token, kept.config_file, kept.computer_policy):
        assert f"`{path.name}`" in page
    assert "`keys.json`" in page
    assert "`tray.json`" in page


def test_the_pages_are_built_without_a_warning(tmp_path: Path) -> None:
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
    assert (tmp_path / "architecture.html").read_text("utf-8").count("diagrams/") >= 2
    # Offline, a page cannot load what would draw a diagram in the browser.
    assert not [page for page in tmp_path.glob("*.html") if 'class="mermaid"' in page.read_text()]
    assert not list(tmp_path.rglob("*.mmd"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for found in _LINK.finditer(strip_code(page.read_text("utf-8"))):
        to, _, anchor = found["to"].partition("#")
        if to.startswith(("http://", "https://")):
            continue
        target = (page.parent / to).resolve() if to else page
        assert target.exists(), f"{page.name}: {found['to']}"
        assert target.is_relative_to(ROOT)
        if anchor:
            assert anchor in _anchors(target), f"{page.name}: {found['to']}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_address_in_a_page_exists(page: Path) -> None:
    patterns = [re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(row.path)) for row in ENDPOINTS]
    told = re.findall(r"`(?:GET |POST |DELETE )?(/[a-z][\w/{}]*)`", page.read_text("utf-8"))
    own = {"/etc/hostname", "/clear", "/v1", "/control", "/computer", "/input_tokens", "/compact"}
    short = {"/completions", "/chat/completions"}
    unknown = {path for path in told if not any(re.fullmatch(one, path) for one in patterns)}
    assert unknown <= own | short


async def test_the_metrics_of_the_prometheus_example_exist(bridge: Bridge) -> None:
    page = await asyncio.to_thread((ROOT / "docs" / "monitoring.md").read_text, "utf-8")
    names = set(re.findall(r"bridge_\w+", page))
    async with aiohttp.ClientSession() as session:
        asked = {"model": "default", "messages": [{"role": "user", "content": "Hi"}]}
        async with session.post(f"{bridge.url}/v1/chat/completions", json=asked) as answer:
            assert answer.status == 200
        async with session.get(f"{bridge.url}/metrics") as answer:
            told = await answer.text()
    families = set(re.findall(r"^# TYPE (\w+)", told, re.M))
    assert names
    assert {re.sub(r"_(bucket|count|sum)$", "", name) for name in names} <= families
    labels = set(re.findall(r"[{,](\w+)=", told))
    for rule in yaml.safe_load(list_snippets("yaml", "docs/monitoring.md")[1].text)["groups"][0][
        "rules"
    ]:
        grouped = re.findall(r"by \(([^)]*)\)", rule["expr"])
        wanted = {name.strip() for one in grouped for name in one.split(",")}
        wanted |= set(re.findall(r"[{,](\w+)=", rule["expr"]))
        assert wanted <= labels, rule["expr"]


def _anchors(page: Path) -> set[str]:
    words = (found["words"] for found in _HEADING.finditer(page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", word.lower()).replace(" ", "-") for word in words}
