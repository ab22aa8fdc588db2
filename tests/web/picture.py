"""Take screenshots of the web pages: `python -m tests.web.picture FOLDER`.

The bridge is real; its upstream and Claude Code's sign-in are fakes.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from openai import AsyncOpenAI

from bridge.compose import make_bridge
from bridge.keys import NamedKey
from bridge.opening import build_page_url
from bridge.server.http.listen import listen
from bridge.server.serve import serve
from bridge.server.state import Bridge
from bridge.settings import find_paths, load_settings
from tests.backends.claude_code.sign_in_stand_in import CODE, write_sign_in
from tests.fake_anthropic.script import says
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium
from tests.web.test_dashboard import create_usage
from tests.web.test_plan import make_entry, note_use

HEIGHT = 1750
"""Of the pictures of the dashboard, which is much longer."""
POEM = "A small bridge of words,\nclients cross it all day long.\nClaude waits at the end."


async def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(CLAUDE_BRIDGE_HOME=home, HOME=home)
        os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
        async with FakeAnthropic() as fake, run_chromium(Path(home) / "profile") as page:
            os.environ["ANTHROPIC_BASE_URL"] = fake.url
            cli = await asyncio.to_thread(write_sign_in, Path(home) / "claude")
            async with run_bridge(claude_cli=str(cli)) as bridge:
                await _show_setup(bridge, page, folder)
            await asyncio.to_thread(Path(home, "claude.signed-in").unlink)
            os.environ["ANTHROPIC_API_KEY"] = "sk-ant-test"
            async with run_bridge(claude_cli=str(cli), backend="anthropic") as bridge:
                await _fill_ledger(bridge, fake)
                await _show_dashboard(bridge, page, fake, folder)


@asynccontextmanager
async def run_bridge(**settings: str) -> AsyncIterator[Bridge]:
    """Run a bridge with the environment's home and keys."""
    chosen = load_settings(port=0, retries=0, **settings)
    bridge = await asyncio.to_thread(make_bridge, chosen, find_paths())
    serving = asyncio.create_task(serve(bridge, listen("127.0.0.1", 0)))
    while not bridge.url:
        await asyncio.sleep(0.01)
    yield bridge
    bridge.stop_requested.set()
    await serving


async def _fill_ledger(bridge: Bridge, fake: FakeAnthropic) -> None:
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0) as client:
        await create_usage(bridge, fake, client)
    note_use(bridge, session=0.82)
    for name in ("cursor", "open-webui", "cursor", "cursor"):
        bridge.ledger.put(make_entry(name, "claude-code"))


async def _open(bridge: Bridge, page: Page, path: str) -> None:
    """Open a page with a session."""
    await page.send_command("Page.enable")
    # Another address first, as an address that differs behind the # alone loads nothing.
    await page.send_command("Page.navigate", url="about:blank")
    url = build_page_url(bridge.url, bridge.tickets.issue(path), path)
    await page.send_command("Page.navigate", url=url)
    await page.wait_for("document.querySelector('#unlock')?.hidden === true")


async def _show_setup(bridge: Bridge, page: Page, folder: Path) -> None:
    await _open(bridge, page, "/setup")
    await page.wait_for("document.querySelector('#reason').textContent")
    await page.save_screenshot(folder / "setup.png", 1100)
    await page.evaluate("document.querySelector('#sign-in').click()")
    await page.wait_for("!document.querySelector('#sign-in-steps').hidden")
    await page.save_screenshot(folder / "setup-signing-in.png", 1100)
    await bridge.sign_in.submit_code(CODE)
    await page.wait_for("!document.querySelector('#next').hidden")
    await page.save_screenshot(folder / "setup-connected.png", 1100)


async def _show_dashboard(bridge: Bridge, page: Page, fake: FakeAnthropic, folder: Path) -> None:
    await page.open(f"{bridge.url}/")
    await page.evaluate("sessionStorage.clear()")
    await page.open(f"{bridge.url}/?")
    await page.wait_for("document.querySelectorAll('#recent tr').length")
    await page.save_screenshot(folder / "unlock.png", 1100, height=1000)
    await bridge.keys.save_key("anthropic", NamedKey("work", "sk-ant-made-up-3f9A"))
    await bridge.keys.save_key("bridge", NamedKey("cursor", "cb-made-up-for-cursor"))
    await _open(bridge, page, "/")
    await page.wait_for("document.querySelectorAll('#saved-keys li').length === 3")
    await page.wait_for("document.querySelectorAll('#recent tr').length")
    await page.wait_for("document.querySelector('#try-model').value === 'default'")
    fake.script(says(POEM))
    await page.evaluate("document.querySelector('#try-prompt').value = 'A haiku on bridges.'")
    await page.evaluate("document.querySelector('#try-form').requestSubmit()")
    await page.wait_for("document.querySelector('#try-status').className === 'result good'")
    # The failure of `create_usage` is over then.
    await page.wait_for("document.querySelector('#failure').hidden")
    await page.save_screenshot(folder / "dashboard.png", 1100, height=HEIGHT)
    await page.save_screenshot(folder / "dashboard-dark.png", 1100, dark=True, height=HEIGHT)
    await page.save_screenshot(folder / "dashboard-narrow.png", 400, height=HEIGHT)
    await page.save_screenshot(folder / "try.png", 1100, selector="#try")
    await page.save_screenshot(folder / "accounts.png", 1100, selector="#accounts")
    await page.save_screenshot(folder / "accounts-narrow.png", 400, selector="#accounts", dark=True)
    await page.open(f"{bridge.url}/docs#create_chat_completion")
    await page.wait_for("document.querySelector('#create_chat_completion pre') !== null")
    await page.save_screenshot(folder / "docs.png", 1100, height=HEIGHT)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
