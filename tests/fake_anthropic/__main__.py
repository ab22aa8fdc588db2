"""The fake in a process of its own: prints its URL as the first line and runs until it is ended."""

from __future__ import annotations

import asyncio
import sys

from tests.fake_anthropic.server import FakeAnthropic


async def main() -> None:
    """Serves on the port given, or on a free one."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    async with FakeAnthropic(port=port) as fake:
        print(fake.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
