"""Pictures of the dashboard and the API's page: `python -m tests.web.picture FOLDER`.

The bridge is real and answers from the fake upstream.
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
from tests.web.chromium import chromium
from tests.web.test_dashboard import use


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
                await use(bridge, fake, client)
            async with chromium(Path(home) / "profile") as page:
                await page.open(f"{bridge.url}/")
                await page.until("document.querySelectorAll('#recent tr').length")
                await page.picture(folder / "dashboard.png", 1100)
                await page.picture(folder / "dashboard-dark.png", 420, dark=True)
                await page.open(f"{bridge.url}/docs")
                await page.until("document.querySelectorAll('.opblock').length >= 13")
                await page.picture(folder / "docs.png", 1100)
            bridge.stop_requested.set()
            await serving


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
