"""Take screenshots of the web pages: `python -m tests.web.picture FOLDER`.

The bridge is real; its upstream is the fake one.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from openai import AsyncOpenAI

from bridge.compose import make_bridge
from bridge.server.http.listen import listen
from bridge.server.serve import serve
from bridge.settings import find_paths, load_settings
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import run_chromium
from tests.web.test_dashboard import create_usage
from tests.web.test_plan import make_entry, note_use


async def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(CLAUDE_BRIDGE_HOME=home, ANTHROPIC_API_KEY="sk-ant-test")
        async with FakeAnthropic() as fake:
            os.environ["ANTHROPIC_BASE_URL"] = fake.url
            settings = load_settings(port=0, backend="anthropic", retries=0)
            bridge = await asyncio.to_thread(make_bridge, settings, find_paths())
            serving = asyncio.create_task(serve(bridge, listen("127.0.0.1", 0)))
            while not bridge.url:
                await asyncio.sleep(0.01)
            async with AsyncOpenAI(
                base_url=f"{bridge.url}/v1", api_key="any", max_retries=0
            ) as client:
                await create_usage(bridge, fake, client)
            note_use(bridge, session=0.82)
            for client_name in ("cursor", "open-webui", "cursor", "cursor"):
                bridge.ledger.put(make_entry(client_name, "claude-code"))
            async with run_chromium(Path(home) / "profile") as page:
                await page.open(f"{bridge.url}/")
                await page.wait_for("document.querySelectorAll('#recent tr').length")
                await page.save_screenshot(folder / "dashboard.png", 1100)
                await page.save_screenshot(folder / "dashboard-dark.png", 420, dark=True)
                await page.open(f"{bridge.url}/setup")
                await page.wait_for("document.querySelector('#reason').textContent")
                await page.save_screenshot(folder / "setup.png", 1100)
                await page.open(f"{bridge.url}/docs")
                await page.wait_for("document.querySelectorAll('.operation').length >= 13")
                await page.save_screenshot(folder / "docs.png", 1100)
            bridge.stop_requested.set()
            await serving


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
