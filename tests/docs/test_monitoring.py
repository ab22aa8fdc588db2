"""What docs/monitoring.md shows is what the bridge logs, sends and counts."""

from __future__ import annotations

import json
import logging
import re
from itertools import combinations
from typing import Any

import aiohttp
import pytest

from bridge.logs import LineFormatter
from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.docs.metrics import list_metrics
from tests.docs.pages import ROOT, list_snippets
from tests.fake_anthropic.server import FakeAnthropic

DASHBOARD = json.loads((ROOT / "docs" / "monitoring" / "grafana.json").read_text("utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
QUERIES = [(target["expr"], target["legendFormat"]) for p in PANELS for target in p["targets"]]

# In a sample, an id, a number or a name stands for any other.
_ANY = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "TIME"),
    (r"req_\w+", "ID"),
    (r"(model|backend)=[\w.-]+", r"\1=NAME"),
    (r"\d+\+\d+", "TOKENS"),
    (r"\d+ms", "DURATION"),
)


@pytest.fixture
async def bridge(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> Bridge:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    return await start_bridge(backend="anthropic")


async def ask(bridge: Bridge, **headers: str) -> dict[str, str]:
    """Ask Claude, and return the headers of the answer, in lower case."""
    body = {"model": "default", "messages": [{"role": "user", "content": "Hi"}]}
    url = f"{bridge.url}/v1/chat/completions"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=body, headers=headers) as answer,
    ):
        assert answer.status == 200
        return {name.lower(): value for name, value in answer.headers.items()}


def generalize(line: str) -> str:
    for pattern, name in _ANY:
        line = re.sub(pattern, name, line)
    return line


async def test_the_sample_line_is_a_line_of_the_log(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bridge.access")
    ids = await ask(bridge, **{"x-request-id": "mine"})
    (record,) = (record for record in caplog.records if record.name == "bridge.access")
    line = LineFormatter().format(record)
    (sample,) = list_snippets("text", "docs/monitoring.md")
    assert generalize(line) == generalize(sample.text.strip())
    # The ids of the page, too: the bridge's own and Anthropic's, and not the client's.
    assert ids["x-request-id"] in line
    assert f"upstream={ids['x-upstream-request-id']}" in line
    assert "mine" not in line


def test_each_part_of_the_sample_line_is_explained() -> None:
    (sample,) = list_snippets("text", "docs/monitoring.md")
    page = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
    table = page.partition("| Field |")[2].partition("\n\n")[0]
    shown = re.findall(r"^\| [^|]+ \| `([^`]+)` \|", table, re.M)
    rest = sample.text
    for part in shown:
        assert part in rest, "in the order of the line"
        rest = rest.partition(part)[2]
    assert "".join(shown).replace(" ", "") == re.sub(
        r"\b(model|backend|tokens|upstream)=| |\n|->|: ", "", sample.text
    )


async def test_the_dashboard_shows_every_metric_and_no_other(bridge: Bridge) -> None:
    await ask(bridge)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{bridge.url}/metrics") as answer,
    ):
        families = set(re.findall(r"^# TYPE (\w+)", await answer.text(), re.M))
    names = set(re.findall(r"bridge_\w+", " ".join(expr for expr, _ in QUERIES)))
    shown = {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}
    assert shown == {family for family in families if not family.endswith("_created")}


@pytest.mark.parametrize(("expr", "legend"), QUERIES)
def test_a_query_groups_by_labels_that_its_metric_has(expr: str, legend: str) -> None:
    labels = {metric.name: {*names, "le"} for metric, names in list_metrics()}
    (name,) = set(re.findall(r"bridge_\w+?(?=_total\b|_bucket\b|\b)", expr))
    groups = {
        label.strip() for by in re.findall(r"by \(([^)]*)\)", expr) for label in by.split(",")
    }
    filters = set(re.findall(r"[{,](\w+)=", expr))
    in_legend = set(re.findall(r"{{(\w+)}}", legend))
    assert groups | filters <= labels[name]
    assert in_legend == groups - {"le"}


def test_the_panels_can_be_imported_and_do_not_overlap() -> None:
    assert DASHBOARD["__inputs"][0]["name"] == "DS_PROMETHEUS"
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for panel in PANELS:
        assert panel["datasource"]["uid"] == "${DS_PROMETHEUS}"
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for first, second in combinations([panel["gridPos"] for panel in PANELS], 2):
        assert (
            first["x"] + first["w"] <= second["x"]
            or second["x"] + second["w"] <= first["x"]
            or first["y"] + first["h"] <= second["y"]
            or second["y"] + second["h"] <= first["y"]
        )
