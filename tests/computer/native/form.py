"""A form with controls of every kind in a real browser, and a Claude that fills it in."""

from __future__ import annotations

from typing import Any

from openai import AsyncOpenAI

from bridge.computer.screen.geometry import Rect
from bridge.computer.screen.sizes import fit, select_tier
from bridge.models.names import resolve_rules
from bridge.server.state import Bridge
from tests.fake_anthropic.script import Reply, Text, ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page

SCREEN = Rect(0, 0, 1920, 1080)
PAGE = """<!doctype html><meta charset="utf-8"><title>Order form</title>
<style>
  body { margin: 0; font: 20px sans-serif }
  form > * { position: absolute }
  #slope { width: 400px; height: 60px; background: #ddd }
  #knob { position: absolute; width: 60px; height: 60px; background: #36c }
  #far { top: 3000px; left: 100px }
</style>
<form onsubmit="event.preventDefault(); window.sent = filled()">
  <input id=name style="left: 100px; top: 60px">
  <input id=password type=password style="left: 500px; top: 60px">
  <textarea id=words rows=4 cols=30 style="left: 100px; top: 140px"></textarea>
  <input id=agree type=checkbox style="left: 100px; top: 300px">
  <input id=blue type=radio name=colour style="left: 200px; top: 300px">
  <select id=size style="left: 100px; top: 360px"><option>small<option>medium<option>large</select>
  <div id=slope style="left: 100px; top: 440px"><div id=knob></div></div>
  <button id=send style="left: 100px; top: 560px">Send</button>
  <p id=far>The end.</p>
</form>
<script>
const trusted = [], knob = document.getElementById("knob");
let held = null;
for (const kind of ["mousedown", "keydown", "click", "dblclick", "contextmenu", "wheel"])
  document.addEventListener(kind, event => trusted.push([kind, event.isTrusted]), true);
knob.addEventListener("mousedown", event => held = event.clientX - knob.offsetLeft);
document.addEventListener("mousemove", event => {
  if (held !== null) knob.style.left = event.clientX - held + "px";
});
document.addEventListener("mouseup", () => held = null);
document.addEventListener("contextmenu", event => event.preventDefault());
const of = id => document.getElementById(id);
const filled = () => ({
  name: of("name").value, password: of("password").value, words: of("words").value,
  agree: of("agree").checked, blue: of("blue").checked, size: of("size").value,
  knob: knob.offsetLeft, selected: of("words").selectionEnd - of("words").selectionStart,
});
const middle = id => {
  const box = of(id).getBoundingClientRect();
  const top = screenY + outerHeight - innerHeight;
  return [screenX + box.x + box.width / 2, top + box.y + box.height / 2];
};
</script>"""


class Claude:
    """What the fake upstream is to say: places are pixels of the picture the model is shown."""

    def __init__(self, page: Page, model: str) -> None:
        rules = resolve_rules(model)
        size = fit(SCREEN.size, *select_tier(rules.images), rules.images.pixels)
        self.scale = size.width / SCREEN.width
        self._page = page
        self._toolset = "computer" if rules.computer == "toolset" else None

    async def at(self, id: str) -> list[int]:
        x, y = await self._page.evaluate(f"middle({id!r})")
        return [round(x * self.scale), round(y * self.scale)]

    def does(self, member: str, **fields: Any) -> ToolUse:
        return ToolUse(member, fields, toolset_name=self._toolset)


async def fill_in_form(model: str, page: Page, fake: FakeAnthropic, bridge: Bridge) -> None:
    """Let Claude fill in the form through the bridge, and check what the page got."""
    claude = Claude(page, model)
    at, does = claude.at, claude.does
    knob = await at("knob")
    fake.script(
        Reply((Text("I see a form."), does("screenshot"))),
        calls(does("left_click", coordinate=await at("name")), does("type", text="Zoë 世界 👋")),
        calls(does("key", text="Tab"), does("type", text="pa$$ “word”")),
        calls(
            does("left_click", coordinate=await at("words")),
            does("type", text="one\ntwo"),
            does("key", text="ctrl+a"),
        ),
        calls(
            does("left_click", coordinate=await at("agree")),
            does("left_click", coordinate=await at("blue")),
            does("zoom", region=[0, 0, 400, 300]),
        ),
        calls(
            does("left_click", coordinate=await at("size")),
            does("wait", duration=0.3),
            does("key", text="Down", repeat=2),
            does("key", text="Return"),
        ),
        calls(
            does(
                "left_click_drag",
                start_coordinate=knob,
                coordinate=[knob[0] + round(200 * claude.scale), knob[1]],
            ),
            does("scroll", coordinate=knob, scroll_direction="down", scroll_amount=3),
            does("wait", duration=0.5),
            does("scroll", coordinate=knob, scroll_direction="up", scroll_amount=10),
            does("wait", duration=0.5),
        ),
        calls(does("left_click", coordinate=await at("send")), does("screenshot")),
        says("The form is sent."),
    )
    async with AsyncOpenAI(
        base_url=f"{bridge.url}/v1", api_key=bridge.control_token, max_retries=0
    ) as client:
        answer = await client.chat.completions.create(
            model=f"{model}+computer", messages=[{"role": "user", "content": "Fill in the form."}]
        )
    assert answer.choices[0].message.content == "I see a form.\n\nThe form is sent."
    sent = await page.evaluate("window.sent")
    assert abs(sent.pop("knob") - 200) <= 2, sent
    assert sent == {
        "name": "Zoë 世界 👋",
        "password": "pa$$ “word”",
        "words": "one\ntwo",
        "agree": True,
        "blue": True,
        "size": "large",
        "selected": 7,
    }, sent
    assert await page.evaluate("trusted.every(([, real]) => real)"), "trusted, as of real input"
    assert await page.evaluate("trusted.some(([kind]) => kind === 'wheel')")
