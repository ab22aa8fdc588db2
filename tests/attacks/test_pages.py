"""A real page of another origin, in a real browser, tries everything that a page can try."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from prometheus_client import generate_latest

from bridge.inspect.recorder import MOST_REJECTED
from bridge.server.state import Bridge
from bridge.wire.control import Switches
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import run_chromium

_HANG_SECONDS = 60.0

PAGE = """<!doctype html><meta charset=utf-8><title>attack</title><pre id=out>{}</pre>
<iframe name=inner></iframe><script>
const bridge = BRIDGE, body = BODY, found = {};
const note = (name, value) => {
  found[name] = value;
  document.getElementById("out").textContent = JSON.stringify(found);
};
const read = async (name, path, options) => {
  try {
    const answer = await fetch(bridge + path, options);
    note(name, answer.type + " " + answer.status + " " + (await answer.text()));
  } catch (error) { note(name, "failed"); }
};
const post = (type, more) => ({method: "POST", body, headers: {"Content-Type": type}, ...more});
const submit = (path, type) => {
  const form = document.createElement("form");
  Object.assign(form, {method: "POST", action: bridge + path, enctype: type, target: "inner"});
  const input = document.createElement("input");
  Object.assign(input, {name: body, value: ""});
  form.append(input); document.body.append(form); form.submit();
};
const happens = (name, thing, good) => new Promise((done) => {
  good.forEach((event) => thing.addEventListener(event, (e) => {
    note(name, event + " " + (e.data || "")); done();
  }));
  thing.addEventListener("error", () => { note(name, "failed"); done(); });
});
const framed = (name) => {
  try { note(name, "read " + document.querySelector("iframe").contentDocument.body.innerText); }
  catch (error) { note(name, "failed"); }
};
(async () => {
  const chat = "/v1/chat/completions", json = "application/json", plain = "text/plain";
  const form = "application/x-www-form-urlencoded";
  await read("plain, no-cors", chat, post(plain, {mode: "no-cors"}));
  await read("plain", chat, post(plain));
  await read("form, no-cors", chat, post(form, {mode: "no-cors"}));
  await read("form", chat, post(form));
  await read("json, no-cors", chat, post(json, {mode: "no-cors"}));
  await read("json", chat, post(json));
  await read("json, credentials", chat, post(json, {credentials: "include"}));
  await read("json, no referrer", chat, post(json, {referrerPolicy: "no-referrer"}));
  await read("blob", chat, {method: "POST", body: new Blob([body], {type: json})});
  await read("blob without type", chat, {method: "POST", body: new Blob([body])});
  await read("stop", "/control/stop", post(json));
  await read("stop, no-cors", "/control/stop", post(plain, {mode: "no-cors"}));
  await read("switches", "/control/switches", post(json));
  await read("switches, no-cors", "/control/switches", post(plain, {mode: "no-cors"}));
  await read("computer", "/computer/actions", post(json));
  await read("computer, no-cors", "/computer/actions", post(plain, {mode: "no-cors"}));
  await read("run", "/computer/runs", post(json));
  await read("run, no-cors", "/computer/runs", post(plain, {mode: "no-cors"}));
  await read("screen", "/computer/screenshot");
  await read("ticket, no-cors", "/control/tickets/redeem", post(plain, {mode: "no-cors"}));
  await read("ticket", "/control/tickets/redeem", post(json));
  await read("code, no-cors", "/control/codes/redeem", post(plain, {mode: "no-cors"}));
  await read("code", "/control/codes/redeem", post(json));
  await read("new code, no-cors", "/control/codes", post(plain, {mode: "no-cors"}));
  await read("new code", "/control/codes", post(json));
  await read("record", "/inspect", post(json));
  await read("record, no-cors", "/inspect", post(plain, {mode: "no-cors"}));
  await read("send again", "/inspect/exchanges/1/again", post(plain, {mode: "no-cors"}));
  await read("case", "/inspect/exchanges/1/case");
  const inspect = ["/inspect", "/inspect/exchanges", "/inspect/exchanges/1", "/inspect/events"];
  for (const path of ["/", "/health", "/metrics", "/v1/models", ...inspect]) {
    await read("get " + path, path, {});
    await read("get, no-cors " + path, path, {mode: "no-cors"});
  }
  await read("same-origin", "/health", {mode: "same-origin"});
  note("beacon", navigator.sendBeacon(bridge + chat, new Blob([body], {type: plain})) && "sent");
  await happens("events", new EventSource(bridge + "/v1/models"), ["open", "message"]);
  for (const path of [chat, "/v1/models", "/"]) {
    const socket = new WebSocket(bridge.replace("http", "ws") + path);
    await happens("socket " + path, socket, ["open", "message"]);
  }
  const image = new Image(); image.src = bridge + "/health";
  await happens("image", image, ["load"]);
  const script = document.createElement("script"); script.src = bridge + "/health";
  const loaded = happens("script", script, ["load"]); document.body.append(script); await loaded;
  const inner = document.querySelector("iframe");
  for (const type of [form, plain, "multipart/form-data"]) {
    for (const path of [chat, "/control/stop", "/control/switches"]) {
      const done = new Promise((done) => inner.addEventListener("load", done, {once: true}));
      submit(path, type); await done; framed("form into a frame " + type + " " + path);
    }
  }
  for (const path of ["/", "/health"]) {
    const done = new Promise((done) => inner.addEventListener("load", done, {once: true}));
    inner.src = bridge + path; await done; framed("frame " + path);
  }
  note("end", "reached");
  await fetch("/report", {method: "POST", body: document.getElementById("out").textContent});
})();
</script>"""


class Page:
    """A page on another port, which reports its findings to its own server."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.result: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        """The port."""
        app = web.Application()
        app.router.add_get("/", self._show)
        app.router.add_post("/report", self._report)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()

    async def _show(self, _: web.Request) -> web.Response:
        return web.Response(text=self._text, content_type="text/html")

    async def _report(self, request: web.Request) -> web.Response:
        self.result.set_result(json.loads(await request.text()))
        return web.Response()


async def run_attack(bridge: Bridge, name: str, model: str, profile: Path) -> dict[str, str]:
    """Run the page; return its findings by attempt. `name` is the host in the page's address."""
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
    text = PAGE.replace("BRIDGE", json.dumps(bridge.url))
    page = Page(text.replace("BODY", json.dumps(json.dumps(body))))
    async with page.serve() as port, run_chromium(profile, url=f"http://{name}:{port}/"):
        found = await asyncio.wait_for(page.result, _HANG_SECONDS)
    assert found.pop("end") == "reached"
    return found


def select_readable(found: dict[str, str]) -> dict[str, str]:
    """Return the attempts that gave the page more than a failure."""
    silent = ("failed", "opaque 0 ", "sent")
    return {name: value for name, value in found.items() if value not in silent}


def read_requests(bridge: Bridge) -> dict[tuple[str, str], float]:
    """How many requests the bridge has answered, by path and status."""
    found: dict[tuple[str, str], float] = {}
    for family in bridge.metrics.registry.collect():
        for sample in family.samples:
            if sample.name == "bridge_requests_total":
                found[sample.labels["path"], sample.labels["status"]] = sample.value
    return found


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_a_page_reads_nothing_and_sends_claude_nothing(
    name: str, bridge: Bridge, fake: FakeAnthropic, tmp_path: Path
) -> None:
    """127.0.0.1 is the same site as the bridge and another origin; localhost another site."""
    bridge.recorder.turn_on(30)
    found = await run_attack(bridge, name, "claude-sonnet-5-5", tmp_path / "profile")
    assert len(found) > 30
    assert select_readable(found) == {}
    came = read_requests(bridge)
    assert sum(came.values()) > 30
    posted = (
        "/v1/chat/completions",
        "/control/stop",
        "/control/switches",
        "/control/tickets/redeem",
        "/control/codes/redeem",
        "/control/codes",
        "/inspect",
        "/inspect/exchanges",
        "/inspect/exchanges/{id}",
        "/inspect/exchanges/{id}/again",
        "/inspect/exchanges/{id}/case",
        "/inspect/events",
        "/computer/actions",
        "/computer/runs",
        "/computer/screenshot",
    )
    assert set(posted) <= {path for path, _ in came}
    assert {status for path, status in came if path in posted} == {"403"}
    assert [asked for asked in fake.requests if asked.method == "POST"] == []
    # They are recorded without their bodies, and only the last of them: none of the user's requests
    # is pushed out.
    recorded = bridge.recorder.list_exchanges()
    assert 0 < len(recorded) <= MOST_REJECTED
    assert all(one.is_rejected and not one.request.body for one in recorded)
    assert bridge.recorder.is_on
    assert fake.open_streams + fake.closed_streams == 0
    assert bridge.switches == Switches(model="claude-sonnet-5-5", backend="anthropic")
    assert bridge.computer.permission.mode == "off"
    assert not bridge.stopping


def read_answers(bridge: Bridge) -> list[str]:
    """Return the answers that the bridge has counted, as lines of its metrics."""
    text = generate_latest(bridge.metrics.registry).decode()
    return [line for line in text.splitlines() if line.startswith("bridge_answers_total")]


async def test_everything_from_a_page_on_another_port_is_rejected(
    start_bridge: StartBridge, tmp_path: Path
) -> None:
    bridge = await start_bridge(backend="offline")
    await run_attack(bridge, "127.0.0.1", "bridge-echo", tmp_path / "profile")
    assert [one for one in read_requests(bridge) if one[1] != "403"] == []


async def test_a_page_gets_no_answer_from_the_echo(
    start_bridge: StartBridge, tmp_path: Path
) -> None:
    bridge = await start_bridge(backend="offline")
    found = await run_attack(bridge, "127.0.0.1", "bridge-echo", tmp_path / "profile")
    assert select_readable(found) == {}
    assert "[bridge-echo" not in json.dumps(found)
    assert read_answers(bridge) == []
    assert bridge.switches == Switches(model="claude-sonnet-5-5", backend="offline")
    assert bridge.computer.permission.mode == "off"
    assert not bridge.stopping


async def test_a_page_of_an_allowed_origin_gets_answers(
    start_bridge: StartBridge, tmp_path: Path
) -> None:
    """Otherwise the failures above could simply mean that the page is broken."""
    bridge = await start_bridge(backend="offline", allowed_origins="http://127.0.0.1:*")
    found = await run_attack(bridge, "127.0.0.1", "bridge-echo", tmp_path / "profile")
    result = select_readable(found)
    assert "[bridge-echo" in result["json"]
    assert '"object": "list"' in result["get /v1/models"]
    assert read_answers(bridge) != []
    # Even then a POST without a preflight is rejected, and control needs its token.
    assert "[bridge-echo" not in json.dumps({name: result.get(name) for name in ("plain", "form")})
    assert bridge.switches == Switches(model="claude-sonnet-5-5", backend="offline")
    assert bridge.computer.permission.mode == "off"
    assert not bridge.stopping
